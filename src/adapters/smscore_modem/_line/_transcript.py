r"""
What was last said on one line, for people to read and for the simulator to replay.

One line of a transcript is the seconds since its beginning with three decimals, ``>`` for what
we said or ``<`` for what the modem said, and the bytes, with all that is not printable ASCII
escaped as in a bytes literal of Python. Lines that begin with ``#`` say what happened besides::

    # 2026-03-01T12:00:00+00:00
    0.000 > AT+CSQ\r
    0.012 < \r\n+CSQ: 20,99\r\n
    0.012 < \r\nOK\r\n
    0.500 # the port was closed

PINs are never in it. Texts and numbers may be masked as well: digits of PDUs become ``0``, so
that they keep their length, and other texts in quotes become asterisks.
"""

import re
from collections import deque
from collections.abc import Iterable

import attrs

from smscore_modem._time import Time

__all__ = ["Spoken", "Transcript", "read_transcript"]

_MOST_ENTRIES = 500
_LONGEST_ENTRY = 1024
# Commands with secrets, and a PIN that goes to the SIM as octets (VERIFY, CHANGE, UNBLOCK).
_SECRET = re.compile(
    rb"([+^*#$%](?:CPIN2?|CPINE|CLCK|CPWD|CPUK2?|PIN|PUK)=)[^\r\n]*", re.IGNORECASE
)
_SECRET_OCTETS = re.compile(rb'(\+CSIM=\d+,"?00(?:20|24|2C)[0-9A-F]{6})[0-9A-F]+', re.IGNORECASE)
_PIN = re.compile(rb"[0-9]{4,8}")  # or a PUK
_PDU = re.compile(rb"[0-9A-Fa-f]{16,}")
_QUOTED = re.compile(rb'"[^"]*"')
_TELLING = re.compile(rb"\+(?:CUSD|CLIP|CCWA|CMGS|CNUM|CMGL|CMGR|CMT)\b|ATD")
_NUMBER = re.compile(rb"\+?\d{5,}")
_LINE = re.compile(r"(\d+\.\d{3}) ([<>]) ?(.*)", re.DOTALL)


@attrs.frozen(kw_only=True)
class Spoken:
    """What one side said at once; ``at`` in seconds since the beginning."""

    at: float
    is_ours: bool
    data: bytes


@attrs.define
class _Entry:
    at: float
    sign: str  # ">" ours, "<" the modem's, "#" neither
    data: bytearray


class Transcript:
    """
    The last lines, any thread; the eldest are forgotten.

    What comes in pieces is put together up to the end of a line, so that no secret hides in two.
    """

    def __init__(self, time: Time, *, most: int = _MOST_ENTRIES) -> None:
        self._time = time
        self._began = time.monotonic()
        self._entries: deque[_Entry] = deque(maxlen=most)
        self._secrets: set[bytes] = set()  # what we said; an echo may be too damaged to be known
        self._gate = time.gate()

    def sent(self, data: bytes) -> None:
        """We said this."""
        with self._gate:
            self._secrets |= {
                digits for said in _SECRET.finditer(data) for digits in _PIN.findall(said[0])
            }
        self._add(">", data)

    def received(self, data: bytes) -> None:
        """The modem said this."""
        self._add("<", data)

    def note(self, text: str) -> None:
        """Something else happened, which explains what follows."""
        self._add("#", " ".join(text.split()).encode("utf-8", "replace"))

    def lines(self, *, masks_texts: bool = False) -> list[str]:
        """All of it, the eldest first."""
        with self._gate:
            secrets = tuple(self._secrets)
            entries = [(entry.at, entry.sign, bytes(entry.data)) for entry in self._entries]
        return [
            f"{at:.3f} {sign} {_written(sign, _masked(data, secrets, masks_texts=masks_texts))}"
            for at, sign, data in entries
        ]

    def _add(self, sign: str, data: bytes) -> None:
        with self._gate:
            at = self._time.monotonic() - self._began
            for piece in data.splitlines(keepends=True):
                if not self._goes_on(sign, piece):
                    self._entries.append(_Entry(at, sign, bytearray()))
                self._entries[-1].data += piece

    def _goes_on(self, sign: str, piece: bytes) -> bool:
        """Whether a piece belongs to the entry before."""
        if not self._entries or sign == "#":
            return False
        last = self._entries[-1]
        is_open = not last.data.rstrip(b"\r\n") or not last.data.endswith(b"\n")
        # A lone CR ends what we say, and may be half of what ends the modem's line.
        is_over = last.sign == ">" and last.data.endswith(b"\r")
        fits = len(last.data) + len(piece) <= _LONGEST_ENTRY
        return last.sign == sign and is_open and not is_over and fits


def read_transcript(lines: Iterable[str]) -> tuple[Spoken, ...]:
    """
    What was said, from the lines of a transcript; others are passed over.

    Raises:
        ValueError: a line is neither empty, nor a remark, nor something said.
    """
    spoken = []
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n")
        if not text.strip() or re.match(r"(\d+\.\d{3} )?#", text):
            continue
        found = _LINE.fullmatch(text)
        if found is None:
            raise ValueError(f"line {number} of the transcript is not one: {text[:80]!r}")
        spoken.append(
            Spoken(at=float(found[1]), is_ours=found[2] == ">", data=_bytes_of(found[3], number))
        )
    return tuple(spoken)


def _masked(data: bytes, secrets: tuple[bytes, ...], *, masks_texts: bool) -> bytes:
    for secret in secrets:
        # Alone, not within a PDU.
        data = re.sub(rb"(?<![0-9A-Fa-f])%b(?![0-9A-Fa-f])" % secret, b"****", data)
    data = _SECRET.sub(rb'\1"****"', data)
    data = _SECRET_OCTETS.sub(rb"\1****", data)
    if masks_texts:
        data = _PDU.sub(lambda found: b"0" * len(found[0]), data)
        if _TELLING.search(data):
            data = _QUOTED.sub(b'"***"', data)
            data = _NUMBER.sub(lambda found: b"0" * len(found[0]), data)
    return data


def _written(sign: str, data: bytes) -> str:
    if sign == "#":
        return data.decode("utf-8", "replace")
    return "".join(_ESCAPED.get(octet) or chr(octet) for octet in data)


_ESCAPED = {octet: f"\\x{octet:02x}" for octet in range(256) if not 0x20 <= octet < 0x7F} | {
    ord("\\"): "\\\\",
    ord("\r"): "\\r",
    ord("\n"): "\\n",
    ord("\t"): "\\t",
}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_MEANT = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}


def _bytes_of(text: str, number: int) -> bytes:
    def meant(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else _MEANT[found[2]]

    try:
        return _ESCAPE.sub(meant, text).encode("latin-1")
    except (KeyError, UnicodeEncodeError):
        raise ValueError(f"line {number} of the transcript holds an unknown escape") from None
