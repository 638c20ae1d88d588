"""
What a client can set in a virtual modem, with the values after switching on.
"""

import attrs

__all__ = ["Refusal", "Settings"]


class Refusal(Exception):
    """A command is not obeyed; ``family`` is ``CMS``, ``CME`` or empty for a plain ERROR."""

    def __init__(self, family: str = "", code: int = 0) -> None:
        super().__init__(f"{family} {code}")
        self.family = family
        self.code = code

    def text(self, form: int) -> str:
        """The final result in the form that ``AT+CMEE`` chose (27.007, 9.1; 27.005, 3.2.5)."""
        if not self.family or (self.family == "CME" and form == 0):
            return "ERROR"
        words = _WORDS.get((self.family, self.code), "unknown error")
        return f"+{self.family} ERROR: {words if form == 2 else self.code}"


_WORDS = {
    ("CME", 3): "operation not allowed",
    ("CME", 4): "operation not supported",
    ("CME", 11): "SIM PIN required",
    ("CME", 12): "SIM PUK required",
    ("CME", 16): "incorrect password",
    ("CMS", 302): "operation not allowed",
    ("CMS", 304): "invalid PDU mode parameter",
    ("CMS", 311): "SIM PIN required",
    ("CMS", 316): "SIM PUK required",
    ("CMS", 321): "invalid memory index",
    ("CMS", 322): "memory full",
    ("CMS", 331): "no network service",
    ("CMS", 340): "no +CNMA acknowledgement expected",
}


@attrs.define
class Settings:
    """Volatile: gone when the modem is switched off."""

    echo: bool = True
    is_quiet: bool = False
    is_verbose: bool = True
    error_form: int = 0  # +CMEE
    routing: list[int] = attrs.Factory(lambda: [0, 0, 0, 0, 0])  # +CNMI
    functionality: int = 1  # +CFUN
    registration_forms: dict[str, int] = attrs.Factory(
        lambda: {"+CREG": 0, "+CGREG": 0, "+CEREG": 0}
    )
    charset: str = "GSM"
    # Kept and shown, without any effect of their own.
    others: dict[str, str] = attrs.Factory(
        lambda: {
            "+CMMS": "0",
            "+CSMP": "17,167,0,0",
            "+CSDH": "0",
            "+CLIP": "0",
            "+CRC": "0",
            "+CCWA": "0",
            "+COLP": "0",
            "+CVHU": "0",
            "+CTZU": "0",
            "+CUSD": "0",
            "+CGSMS": "1",
        }
    )
