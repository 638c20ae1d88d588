"""
How a virtual modem sends: the prompt, the PDU, the network's verdict, and then the reference.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import attrs

from smscore.domain.headers import concatenation_of
from smscore_modem._pdu import MalformedPdu, StatusReport, Submit, decode_submit
from smscore_modem.simulator._calls import Call
from smscore_modem.simulator._faults import Fault, Point
from smscore_modem.simulator._settings import Final, Refusal
from smscore_modem.simulator._showing import STATUSES
from smscore_modem.simulator._stores import Entry
from smscore_modem.simulator._submissions import Submission, Verdict

if TYPE_CHECKING:
    from smscore_modem.simulator._modem import VirtualModem

__all__ = ["PayloadReader", "Sending", "pdu_of_digits"]

PayloadReader = Callable[[Call, str], bytes]

_LATE = 130.0  # seconds: longer than clients wait
_LONGEST_WAIT = 60.0  # for a report that shall come first


def pdu_of_digits(call: Call, text: str) -> bytes:
    """
    What was typed at the prompt of a command that names a length, as octets.

    Raises:
        ValueError: it is not hexadecimal, or of another length.
    """
    pdu = bytes.fromhex(text)
    if not pdu or len(pdu) - 1 - pdu[0] != call.number(0):
        raise ValueError("the PDU is of another length")
    return pdu


class Sending:
    """One modem's; its references count from 1 after switching on."""

    def __init__(self, modem: "VirtualModem", network: Callable[[Submission], Verdict]) -> None:
        self._modem = modem
        self._network = network
        self._reference = 0
        self._announced: tuple[Call, PayloadReader] | None = None
        self._awaited: tuple[int, Callable[[], None]] | None = None

    @property
    def is_announced(self) -> bool:
        """Whether a message has been announced, and not been typed yet."""
        return self._announced is not None

    def clear(self) -> None:
        """The modem was switched off."""
        self._reference = 0
        self._announced = None
        self._awaited = None

    def announce(self, call: Call, read: PayloadReader) -> None:
        """
        The client announces a message, and ``read`` will turn what it types into a PDU.

        Raises:
            Refusal: there is no prompt.
        """
        self._pass_point(Point.PROMPT)
        self._announced = call, read
        self._modem.line.wait(self._modem.personality.prompt_delay, self._modem.line.prompt)

    def take(self, text: str | None) -> None:
        """
        What the client typed at the prompt, or nothing if it left it.

        Raises:
            Refusal: neither the modem nor the network took it.
            Final: it ends in another way.
        """
        announced, self._announced = self._announced, None
        if self._modem.is_mute:
            raise Final("")
        if announced is None or text is None:
            raise Final("OK")
        call, read = announced
        try:
            pdu = read(call, text)
        except (ValueError, IndexError):
            raise Refusal("CMS", 304) from None
        if call.name == "+CMGW":
            self.store(pdu, status=_status_of(call))
        else:
            self.send(pdu)

    def send(self, pdu: bytes, *, answer: str = "+CMGS") -> None:
        """
        Send a message; its reference is told now or later, behind the name of the command.

        Raises:
            Refusal: neither the modem nor the network took it.
            Final: it was taken, and nobody will say so.
        """
        modem = self._modem
        self._pass_point(Point.PDU)
        if not modem.is_registered:
            raise Refusal("CMS", 331)
        if not modem.centre and not pdu[0]:
            raise Refusal("CMS", 330)
        submission = Submission(
            modem=modem.number,
            reference=(self._reference + 1) % 256,
            submit=_decoded(pdu),
            pdu=pdu,
        )
        life = modem.life.number
        verdict = self._network(submission)
        if life != modem.life.number:
            raise Final("")
        if verdict.refusal is not None:
            raise Refusal("CMS", verdict.refusal)
        if verdict.equipment_refusal is not None:
            raise Refusal("CME", verdict.equipment_refusal)
        # The modem counts for itself, whatever the PDU says.
        self._reference = submission.reference
        self._pass_point(Point.TAKEN)
        if verdict.is_silent or modem.faults.shows(Fault.NO_ANSWER):
            raise Final("")
        self._tell_later(submission, self._troubled(verdict), answer=answer)

    def store(self, pdu: bytes, *, status: int = 2) -> None:
        """
        Keep a message, to be sent later or as if it had been; ``status`` as in 27.005, 3.1.

        Raises:
            Refusal: there is no room.
        """
        modem = self._modem
        index = modem.stores.put(modem.stores.selected[1], Entry(pdu=pdu, status=status))
        if index is None:
            raise Refusal("CMS", 322)
        modem.write(f"+CMGW: {index}")
        modem.line.end_command("OK")

    def note_report(self, report: StatusReport) -> None:
        """A report has been passed on; maybe a reference waited for that."""
        if self._awaited is not None and self._awaited[0] == report.reference:
            self._awaited[1]()

    def _pass_point(self, point: Point) -> None:
        faults = self._modem.faults
        life = self._modem.life.number
        faults.reach(point)
        if self._modem.is_mute or life != self._modem.life.number:
            raise Final("")
        if how := faults.shows(Fault.REFUSES, at=point):
            raise how.refusal

    def _troubled(self, verdict: Verdict) -> Verdict:
        faults = self._modem.faults
        if late := faults.shows(Fault.LATE_REFERENCE):
            verdict = attrs.evolve(verdict, delay=_LATE if late.delay is None else late.delay)
        if faults.shows(Fault.NO_REFERENCE):
            verdict = attrs.evolve(verdict, has_reference=False)
        if faults.shows(Fault.REPORT_BEFORE_REFERENCE):
            verdict = attrs.evolve(verdict, awaits_report=True)
        return verdict

    def _tell_later(self, submission: Submission, verdict: Verdict, *, answer: str) -> None:
        modem = self._modem
        tell = partial(self._tell, submission, verdict, answer=answer)
        if verdict.awaits_report and submission.submit.wants_report:
            told = modem.line.hold(tell)
            self._awaited = (submission.reference, told)
            modem.after(_LONGEST_WAIT, told)
        else:
            modem.line.wait(verdict.delay or modem.personality.reference_delay, tell)

    def _tell(self, submission: Submission, verdict: Verdict, *, answer: str) -> None:
        self._awaited = None
        modem = self._modem
        if verdict.has_reference:
            modem.write(f"{answer}: {submission.reference}")
        modem.line.end_command("OK")
        modem.faults.reach(Point.REFERENCE)
        place = concatenation_of(submission.submit.user_data.header)
        if place is not None and place.number < place.total:
            modem.faults.reach(Point.PART)


def _decoded(pdu: bytes) -> Submit:
    try:
        return decode_submit(pdu)
    except MalformedPdu:
        raise Refusal("CMS", 304) from None


def _status_of(call: Call) -> int:
    """What ``+CMGW`` says about a message: a number, or a name in text mode."""
    given = call.arguments[-1] if call.arguments[1:] else ""
    if given in STATUSES:
        return STATUSES.index(given)
    return int(given) if given in ("0", "1", "2", "3") else 2
