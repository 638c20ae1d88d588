"""
The national language single shift tables, each in place of the extension table (23.038, A.2).

Each tells the character of a septet that follows the escape. They follow version 20.0.0, except
where a comment says that it is misprinted. Two septets have none on purpose: 0x0D is a control
character (note 4 of each table), 0x1B is reserved for one more table (note 1).
"""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "BENGALI",
    "EXTENSION",
    "GUJARATI",
    "HINDI",
    "KANNADA",
    "MALAYALAM",
    "ORIYA",
    "PORTUGUESE",
    "PUNJABI",
    "SPANISH",
    "TAMIL",
    "TELUGU",
    "TURKISH",
    "URDU",
]

# The extension table of 6.2.1.1, to which the tables of the Latin languages add.
EXTENSION: Mapping[int, str] = MappingProxyType(
    {
        0x0A: "\f",
        0x14: "^",
        0x28: "{",
        0x29: "}",
        0x2F: "\\",
        0x3C: "[",
        0x3D: "~",
        0x3E: "]",
        0x40: "|",
        0x65: "€",
    }
)

# The tables of the Indian languages have the same start and end; a blank is no character here.
# "¡" and "*" are there twice.
_START = "@£$¥¿\"¤%&'\f*+ -/" + "<=>¡^¡_#*"  # 0x00 to 0x18
_END = "|ABCDEFGHIJKLMNO" + "PQRSTUVWXYZ"  # 0x40 to 0x5A


def _latin(own: dict[int, str]) -> Mapping[int, str]:
    return MappingProxyType({**EXTENSION, **own})


def _indian(own: str, *, euro: int | None = 0x65) -> Mapping[int, str]:
    """``own`` has the characters of 0x19 to 0x3F."""
    table = {septet: char for septet, char in enumerate(_START + own + _END) if char != " "}
    return MappingProxyType(table if euro is None else table | {euro: "€"})


TURKISH = _latin(  # A.2.1
    {0x47: "Ğ", 0x49: "İ", 0x53: "Ş"}
    | {0x63: "ç", 0x67: "ğ", 0x69: "\N{LATIN SMALL LETTER DOTLESS I}", 0x73: "ş"}
)

SPANISH = _latin(  # A.2.2
    {0x09: "ç"}
    | {0x41: "Á", 0x49: "Í", 0x4F: "Ó", 0x55: "Ú"}
    | {0x61: "á", 0x69: "í", 0x6F: "ó", 0x75: "ú"}
)

PORTUGUESE = _latin(  # A.2.3
    {0x05: "ê", 0x09: "ç", 0x0B: "Ô", 0x0C: "ô", 0x0E: "Á", 0x0F: "á"}
    | {0x12: "Φ", 0x13: "Γ", 0x15: "Ω", 0x16: "Π", 0x17: "Ψ", 0x18: "Σ", 0x19: "Θ", 0x1F: "Ê"}
    | {0x41: "À", 0x49: "Í", 0x4F: "Ó", 0x55: "Ú", 0x5B: "Ã", 0x5C: "Õ"}
    | {0x61: "Â", 0x69: "í", 0x6F: "ó", 0x75: "ú", 0x7B: "ã", 0x7C: "õ", 0x7F: "â"}
)

BENGALI = _indian(  # A.2.4
    "\u09e6\u09e7 \u09e8\u09e9\u09ea\u09eb"  # 0x19
    "\u09ec\u09ed\u09ee\u09ef\u09df\u09e0\u09e1\u09e2"  # 0x20
    "{}\u09e3\u09f2\u09f3\u09f4\u09f5\\"  # 0x28
    "\u09f6\u09f7\u09f8\u09f9\u09fa   "  # 0x30
    "    [~] "  # 0x38
)

GUJARATI = _indian(  # A.2.5
    "\u0964\u0965 \u0ae6\u0ae7\u0ae8\u0ae9"  # 0x19
    "\u0aea\u0aeb\u0aec\u0aed\u0aee\u0aef  "  # 0x20
    "{}     \\"  # 0x28
    "        "  # 0x30
    "    [~] "  # 0x38
)

HINDI = _indian(  # A.2.6
    "\u0964\u0965 \u0966\u0967\u0968\u0969"  # 0x19
    "\u096a\u096b\u096c\u096d\u096e\u096f\u0951\u0952"  # 0x20
    "{}\u0953\u0954\u0958\u0959\u095a\\"  # 0x28
    "\u095b\u095c\u095d\u095e\u095f\u0960\u0961\u0962"  # 0x30
    "\u0963\u0970\u0971 [~] "  # 0x38
)

KANNADA = _indian(  # A.2.7
    "\u0964\u0965 \u0ce6\u0ce7\u0ce8\u0ce9"  # 0x19
    "\u0cea\u0ceb\u0cec\u0ced\u0cee\u0cef\u0cde\u0cf1"  # 0x20
    "{}\u0cf2    \\"  # 0x28
    "        "  # 0x30
    "    [~] "  # 0x38
)

MALAYALAM = _indian(  # A.2.8
    "\u0964\u0965 \u0d66\u0d67\u0d68\u0d69"  # 0x19
    "\u0d6a\u0d6b\u0d6c\u0d6d\u0d6e\u0d6f\u0d70\u0d71"  # 0x20
    "{}\u0d72\u0d73\u0d74\u0d75\u0d7a\\"  # 0x28
    "\u0d7b\u0d7c\u0d7d\u0d7e\u0d7f   "  # 0x30
    "    [~] "  # 0x38
)

ORIYA = _indian(  # A.2.9
    "\u0964\u0965 \u0b66\u0b67\u0b68\u0b69"  # 0x19
    "\u0b6a\u0b6b\u0b6c\u0b6d\u0b6e\u0b6f\u0b5c\u0b5d"  # 0x20
    "{}\u0b5f\u0b70\u0b71  \\"  # 0x28
    "        "  # 0x30
    "    [~] "  # 0x38
)

# A.2.10. 0x23 is misprinted with the letter O in place of the first zero.
PUNJABI = _indian(
    "\u0964\u0965 \u0a66\u0a67\u0a68\u0a69"  # 0x19
    "\u0a6a\u0a6b\u0a6c\u0a6d\u0a6e\u0a6f\u0a59\u0a5a"  # 0x20
    "{}\u0a5b\u0a5c\u0a5e\u0a75 \\"  # 0x28
    "        "  # 0x30
    "    [~] "  # 0x38
)

# A.2.11. 0x24 is misprinted as 0BEF, the digit 9, which is at 0x25; the digit 8 would be missing.
TAMIL = _indian(
    "\u0964\u0965 \u0be6\u0be7\u0be8\u0be9"  # 0x19
    "\u0bea\u0beb\u0bec\u0bed\u0bee\u0bef\u0bf3\u0bf4"  # 0x20
    "{}\u0bf5\u0bf6\u0bf7\u0bf8\u0bfa\\"  # 0x28
    "        "  # 0x30
    "    [~] "  # 0x38
)

# A.2.12. 0x22 and 0x23 are misprinted as the Arabic 06CC and 06CD, amid the digits 0C66 to 0C6F.
# Neither the dandas nor the euro sign of the other tables are in this one.
TELUGU = _indian(
    "   \u0c66\u0c67\u0c68\u0c69"  # 0x19
    "\u0c6a\u0c6b\u0c6c\u0c6d\u0c6e\u0c6f\u0c58\u0c59"  # 0x20
    "{}\u0c78\u0c79\u0c7a\u0c7b\u0c7c\\"  # 0x28
    "\u0c7d\u0c7e\u0c7f     "  # 0x30
    "    [~] ",  # 0x38
    euro=None,
)

URDU = _indian(  # A.2.13
    "\u0600\u0601 \u06f0\u06f1\u06f2\u06f3"  # 0x19
    "\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9\u060c\u060d"  # 0x20
    "{}\u060e\u060f\u0610\u0611\u0612\\"  # 0x28
    "\u0613\u0614\u061b\u061f\u0640\u0652\u0658\u066b"  # 0x30
    "\u066c\u0672\u0673\u06cd[~]\u06d4"  # 0x38
)
