"""
A virtual modem: bytes in, bytes out, and the SMS side of a phone in between. It does no I/O.
"""

from collections.abc import Callable

import attrs

from smscore_modem._pdu import (
    Deliver,
    MalformedPdu,
    StatusReport,
    Submit,
    decode_submit,
    encode_deliver,
    encode_status_report,
)
from smscore_modem.simulator._calls import Call, calls_of
from smscore_modem.simulator._input import Aborted, CommandLine, Input, Payload
from smscore_modem.simulator._settings import Refusal, Settings
from smscore_modem.simulator._sim import Sim
from smscore_modem.simulator._stores import Entry, Stores

__all__ = ["Submission", "Verdict", "VirtualModem"]

_CENTRE = "+99910000"
_SHORT_RESULTS = {"OK": "0", "ERROR": "4"}  # V.250, 5.7.1
_MOST_BUFFERED = 100


@attrs.frozen(kw_only=True)
class Submission:
    """A message that a virtual modem hands to its network."""

    modem: str  # its number
    reference: int
    submit: Submit
    pdu: bytes  # exactly as the client wrote it


@attrs.frozen(kw_only=True)
class Verdict:
    """What the network makes of a submission."""

    refusal: int | None = None  # a +CMS ERROR
    is_silent: bool = False


class VirtualModem:
    """
    One modem. Whoever runs it feeds :meth:`receive` and sends on what :meth:`take` gives.

    ``submit`` is asked for every message, before the client gets its answer.
    """

    def __init__(
        self,
        *,
        number: str,
        submit: Callable[[Submission], Verdict],
        imei: str = "990000000000001",
        sim: Sim | None = None,
    ) -> None:
        self.number = number
        self.imei = imei
        self.sim = sim or Sim()
        self.stores = Stores()
        self.settings = Settings()
        self.centre = _CENTRE
        self._submit = submit
        self._input = Input()
        self._output = bytearray()
        self._reference = 0
        self._prompt: Call | None = None
        self._buffered: list[str] = []  # notifications that +CNMI or a prompt holds back

    # The line.

    def receive(self, data: bytes) -> None:
        """Bytes from the client, in any portions."""
        for octet in data:
            if self.settings.echo:
                self._output.append(octet)
            match self._input.take(octet):
                case CommandLine(text):
                    self._run(text)
                case Payload(text):
                    self._end_prompt(text)
                case Aborted():
                    self._end_prompt(None)

    def take(self) -> bytes:
        """Bytes for the client."""
        data = bytes(self._output)
        self._output.clear()
        return data

    def power_cycle(self) -> None:
        """Off and on again: settings and the message reference are lost, memories are not."""
        self._input.clear()
        self._output.clear()
        self._buffered.clear()
        self._prompt = None
        self._reference = 0
        self.settings = Settings()
        self.stores.selected = ["SM", "SM", "SM"]
        self.sim.lock()

    # The network's side.

    def deliver(self, message: Deliver) -> bool:
        """A message arrives. False: there is no room for it, try again later."""
        pdu = encode_deliver(attrs.evolve(message, centre=self.centre))
        entry = Entry(pdu=pdu)
        announces = self.settings.routing[1]
        message_class = message.scheme.message_class
        # 27.005, 3.4.1 <mt>: class 2 belongs to the SIM, class 0 is shown and never stored.
        is_direct = announces == 2 or (announces == 3 and message_class == 3)
        if (is_direct and message_class != 2) or (announces and message_class == 0):
            self.notify(f"+CMT: ,{entry.length}\r\n{pdu.hex().upper()}")
            return True
        store = "SM" if message_class == 2 else self.stores.selected[2]
        index = self.stores.put(store, entry)
        if index is not None and announces:
            self.notify(f'+CMTI: "{store}",{index}')
        return index is not None

    def report(self, report: StatusReport) -> None:
        """A status report arrives; it is lost when the client has not asked for any."""
        entry = Entry(pdu=encode_status_report(attrs.evolve(report, centre=self.centre)))
        match self.settings.routing[3]:
            case 1:
                self.notify(f"+CDS: {entry.length}\r\n{entry.pdu.hex().upper()}")
            case 2:
                index = self.stores.put("SR", entry)
                if index is not None:
                    self.notify(f'+CDSI: "SR",{index}')

    def notify(self, text: str) -> None:
        """Say something unasked, as soon as the client may hear it."""
        if self.settings.routing[0] == 0 or self._input.is_prompting:
            self._buffered = [*self._buffered, text][-_MOST_BUFFERED:]
        else:
            self.write(text)

    # For commands.

    def write(self, text: str) -> None:
        """One line of an answer, or several."""
        self._output += f"\r\n{text}\r\n".encode("latin-1", "replace")

    def prompt(self, call: Call) -> None:
        """Ask for the payload of a command, which :meth:`_end_prompt` ends."""
        self._prompt = call
        self._input.is_prompting = True
        self._output += b"\r\n> "

    def release_notifications(self, *, drop: bool = False) -> None:
        """The client may hear what was held back (27.005, 3.4.1 <bfr>)."""
        held, self._buffered = self._buffered, []
        for text in () if drop else held:
            self.notify(text)

    def _run(self, line: str) -> None:
        # Imported late: the table of commands is written in terms of this class.
        from smscore_modem.simulator._commands import execute

        try:
            for call in calls_of(line):
                for text in execute(self, call):
                    self.write(text)
        except Refusal as refusal:
            self._result(refusal.text(self.settings.error_form))
        else:
            if not self._input.is_prompting:
                self._result("OK")

    def _end_prompt(self, text: str | None) -> None:
        call, self._prompt = self._prompt, None
        # What came meanwhile is heard between the message and its reference.
        self.release_notifications()
        if call is None or text is None:
            self._result("OK")
            return
        try:
            pdu = bytes.fromhex(text)
            if len(pdu) - 1 - pdu[0] != call.number(0):
                raise Refusal("CMS", 304)
            answered = self._store(pdu) if call.name == "+CMGW" else self._send(pdu)
        except (ValueError, IndexError):
            self._result(Refusal("CMS", 304).text(self.settings.error_form))
        except Refusal as refusal:
            self._result(refusal.text(self.settings.error_form))
        else:
            if answered:
                self.write(answered)
                self._result("OK")

    def _send(self, pdu: bytes) -> str | None:
        """The answer to a sent message; None when the modem stays silent."""
        if self.settings.functionality != 1:
            raise Refusal("CMS", 331)
        reference = (self._reference + 1) % 256
        submission = Submission(
            modem=self.number, reference=reference, submit=_decoded(pdu), pdu=pdu
        )
        verdict = self._submit(submission)
        if verdict.refusal is not None:
            raise Refusal("CMS", verdict.refusal)
        # The modem counts for itself, whatever the PDU says.
        self._reference = reference
        return None if verdict.is_silent else f"+CMGS: {reference}"

    def _store(self, pdu: bytes) -> str:
        index = self.stores.put(self.stores.selected[1], Entry(pdu=pdu, status=2))
        if index is None:
            raise Refusal("CMS", 322)
        return f"+CMGW: {index}"

    def _result(self, text: str) -> None:
        if self.settings.is_quiet:
            return
        if self.settings.is_verbose:
            self.write(text)
        else:
            self._output += f"{_SHORT_RESULTS.get(text, text)}\r".encode("latin-1")


def _decoded(pdu: bytes) -> Submit:
    try:
        return decode_submit(pdu)
    except MalformedPdu:
        raise Refusal("CMS", 304) from None
