"""
What a client can set in a virtual modem, with the values after switching on.
"""

import attrs

__all__ = ["Final", "Refusal", "Settings"]


class Final(Exception):
    """A command ends with this text instead of a result; without any when it is empty."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


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
    ("CME", 10): "SIM not inserted",
    ("CME", 11): "SIM PIN required",
    ("CME", 12): "SIM PUK required",
    ("CME", 13): "SIM failure",
    ("CME", 14): "SIM busy",
    ("CME", 16): "incorrect password",
    ("CMS", 302): "operation not allowed",
    ("CMS", 304): "invalid PDU mode parameter",
    ("CMS", 305): "invalid text mode parameter",
    ("CMS", 310): "SIM not inserted",
    ("CMS", 311): "SIM PIN required",
    ("CMS", 313): "SIM failure",
    ("CMS", 314): "SIM busy",
    ("CMS", 316): "SIM PUK required",
    ("CMS", 321): "invalid memory index",
    ("CMS", 322): "memory full",
    ("CMS", 330): "SMSC address unknown",
    ("CMS", 331): "no network service",
    ("CMS", 332): "network timeout",
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
    service: int = 0  # +CSMS
    is_text: bool = False  # +CMGF
    text_parameters: tuple[int, int, int, int] = (17, 167, 0, 0)  # +CSMP
    shows_details: bool = False  # +CSDH
    functionality: int = 1  # +CFUN
    registration_forms: dict[str, int] = attrs.Factory(
        lambda: {"+CREG": 0, "+CGREG": 0, "+CEREG": 0}
    )
    charset: str = "GSM"  # +CSCS
    operator_form: int = 0  # +COPS
    hears_services: int = 0  # +CUSD
    registers: dict[str, int] = attrs.Factory(dict)  # ATS0 and so on
    # Kept and shown, without any effect of their own.
    others: dict[str, str] = attrs.Factory(
        lambda: {
            "+CMMS": "0",
            "+CLIP": "0",
            "+CLIR": "0",
            "+COLP": "0",
            "+CRC": "0",
            "+CCWA": "0",
            "+CSSN": "0,0",
            "+CVHU": "0",
            "+CTZU": "0",
            "+CGSMS": "1",
            "+CCLK": '"80/01/06,00:00:00+00"',
            "+CGDCONT": '1,"IP","internet"',
            "+IFC": "0,0",
            "+IPR": "0",
            "+WS46": "25",
        }
    )
