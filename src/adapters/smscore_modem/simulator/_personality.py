"""
Whom a virtual modem resembles, as data: the ``[personality]`` table of a profile.
"""

import re
import tomllib
from importlib import resources
from typing import Self

import attrs

from smscore.errors import ConfigurationError
from smscore.structuring import nearest, structure

__all__ = ["GENERIC", "Answer", "Personality", "Said"]


@attrs.frozen(kw_only=True)
class Said:
    """A line that the modem says by itself, so many seconds after it was switched on."""

    after: float
    text: str


@attrs.frozen(kw_only=True)
class Answer:
    """
    What is answered to some commands, in place of what others answer.

    ``command`` is a regular expression for a whole command as it is typed behind ``AT``, in
    capitals. The lines may name ``{pin_tries}``, ``{puk_tries}``, ``{pin_state}``, ``{iccid}``
    and ``{imei}``, like those of :class:`Said`. An empty ``result`` means that none comes.
    """

    command: str = attrs.field()
    lines: tuple[str, ...] = ()
    result: str = "OK"
    delay: float = 0.0

    @command.validator
    def _check_command(self, _: object, command: str) -> None:
        re.compile(command)


@attrs.frozen(kw_only=True)
class Personality:
    """The habits of a family of modems; those of no family in particular are the defaults."""

    name: str = "generic"
    manufacturer: str = "smscore"
    model: str = "Virtual Modem"
    revision: str = "1.0"
    capabilities: str = "+CGSM"  # +GCAP
    # Switching on.
    boot: tuple[Said, ...] = ()
    is_deaf_while_booting: bool = False  # until the last line of the above
    autobauds: bool = False  # the first command only teaches it the speed of the line
    registers_after: float = 0.0  # seconds
    sms_ready_after: float = 0.0  # seconds; before, commands about messages are refused with
    not_ready: str = "+CMS ERROR: 302"
    busy_after_radio: float = 0.0  # seconds of +CME ERROR: 515 after AT+CFUN=1
    busy_after_pin: float = 0.0  # seconds of "SIM busy" after the PIN
    # Talking without being asked: in turn, one line before every so manyth answer.
    chatter: tuple[str, ...] = ()
    chatter_every: int = 3
    chatter_ends: str = ""  # a command that ends it, as in Answer.command
    bears_chatter: int | None = None  # so many lines, then it restarts; None: any number
    # Commands.
    answers: tuple[Answer, ...] = ()
    unknown: str = ""  # the result for what it does not know; empty: an error as AT+CMEE chose
    unfinished: tuple[str, ...] = ()  # commands without a final result, as in Answer.command
    only_pin_while_locked: bool = False
    extra_returns: tuple[str, ...] = ()  # commands whose lines end in CR CR LF
    resets: tuple[str, ...] = ()  # commands that switch it off and on, as in Answer.command
    error_numbers: tuple[tuple[int, int], ...] = ()  # of +CMS: the standard's, and its own instead
    # Messages.
    bears_listings: int | None = None  # so many a minute, then it hangs; None: any number
    first_index: int = 1
    stores: tuple[str, ...] = ("SM", "ME", "SR")
    routing: tuple[tuple[int, ...], ...] = ((0, 1, 2), (0, 1, 2, 3), (0, 2), (0, 1, 2), (0, 1))
    advertised_routing: str = ""  # what AT+CNMI=? answers; empty: the truth
    report_place: str = '"SR",{index}'  # what +CDSI says
    reads_nothing_as_ok: bool = False  # AT+CMGR of an empty place
    text_mode_settings_wipe_centre: bool = False  # AT+CSMP
    full_notice: str = ""  # what it says when a memory has become full
    # How service codes are answered: text, ucs2, packed (7-bit, as hexadecimal digits), charset
    # (as AT+CSCS says).
    ussd: str = "charset"
    unannounced_until: str = ""  # a command, as in Answer.command: notifications go elsewhere
    # Seconds.
    deaf_after_prompt: float = 0.0  # what is typed then is lost
    prompt_delay: float = 0.0
    reference_delay: float = 0.0

    @classmethod
    def load(cls, name: str) -> Self:
        """
        The personality of a profile.

        Raises:
            ConfigurationError: there is no such profile, or a mistake in it.
        """
        known = cls.names()
        if name not in known:
            raise ConfigurationError(f"no modem is called {name!r}{nearest(name, known)}")
        text = (resources.files("smscore_modem") / "profiles" / f"{name}.toml").read_text("utf-8")
        table = tomllib.loads(text).get("personality", {})
        return structure({"name": name, **table}, cls, where="personality")

    @staticmethod
    def names() -> tuple[str, ...]:
        """The names that :meth:`load` takes."""
        folder = resources.files("smscore_modem") / "profiles"
        return tuple(
            sorted(
                entry.name.removesuffix(".toml")
                for entry in folder.iterdir()
                if entry.name.endswith(".toml")
            )
        )


GENERIC = Personality()
