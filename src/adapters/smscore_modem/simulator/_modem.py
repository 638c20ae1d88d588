"""
A virtual modem: bytes in, bytes out, and the SMS side of a phone in between. It does no I/O.
"""

from collections.abc import Callable, Mapping
from functools import partial

from smscore_modem._pdu import Deliver, StatusReport
from smscore_modem.simulator import _habits, _mishaps
from smscore_modem.simulator._calls import Call, calls_of
from smscore_modem.simulator._faults import Cure, Fault, Point
from smscore_modem.simulator._input import Aborted, CommandLine, Payload
from smscore_modem.simulator._life import Life, State
from smscore_modem.simulator._line import Heard, Line
from smscore_modem.simulator._personality import GENERIC, Personality
from smscore_modem.simulator._phone_book import PhoneBook
from smscore_modem.simulator._radio import USABLE, Radio
from smscore_modem.simulator._reception import Reception
from smscore_modem.simulator._sending import PayloadReader, Sending, pdu_of_digits
from smscore_modem.simulator._settings import Final, Refusal, Settings
from smscore_modem.simulator._sim import Sim
from smscore_modem.simulator._stores import CAPACITIES, Stores
from smscore_modem.simulator._submissions import Submission, Verdict
from smscore_modem.simulator._troubles import Faults
from smscore_modem.simulator._ussd import Sessions
from smscore_modem.simulator._voice import Voice

__all__ = ["Submission", "Verdict", "VirtualModem"]

_CENTRE = "+99910000"
_SEARCHING = 2  # 27.007, 7.2 <stat>


class VirtualModem:
    """
    One modem. Whoever runs it feeds :meth:`receive` and sends on what :meth:`take` gives.

    ``submit`` is asked for every message, before the client gets its answer. A new modem has been
    on for a while. Without surroundings nothing takes any time, and no time passes.
    """

    def __init__(
        self,
        *,
        number: str,
        submit: Callable[[Submission], Verdict],
        imei: str = "990000000000001",
        sim: Sim | None = None,
        personality: Personality = GENERIC,
        capacities: Mapping[str, int] = CAPACITIES,
    ) -> None:
        self.number = number
        self.imei = imei
        self.personality = personality
        self.sim = sim or Sim()
        self.radio = Radio()
        self.stores = Stores(
            capacities={name: capacities[name] for name in personality.stores},
            first_index=personality.first_index,
        )
        self.settings = Settings()
        self.usual_centre = self.centre = _CENTRE
        self.life = Life()
        self.faults = Faults(
            start=partial(_mishaps.begin, self),
            stop=partial(_mishaps.end, self),
            after=self.life.surely_after,
        )
        self.reception = Reception(self)
        self.reception.is_mute = bool(personality.unannounced_until)
        self.sending = Sending(self, submit)
        self.ussd = Sessions(self)
        self.voice = Voice(self)
        self.phone_book = PhoneBook(own_number=number)
        self.line = Line(self, hear=self._hear)
        self.is_chatty = True
        self._is_on = True
        self._lines_heard = self._lines_chattered = 0
        self.listings = 0  # in the last minute

    # The line.

    def receive(self, data: bytes) -> None:
        """Bytes from the client, in any portions."""
        self.line.receive(data)

    def take(self) -> bytes:
        """Bytes for the client."""
        return self.line.take()

    def power_cycle(self) -> None:
        """Off and on again: settings and the message reference are lost, memories are not."""
        self.switch_off()
        self._is_on = True
        self.faults.cure(Cure.POWER)
        self._boot()

    def switch_off(self) -> None:
        """Until :meth:`power_cycle` it says nothing, and the network does not find it."""
        self._is_on = False
        self.life.begin_anew()
        self.line.clear()
        self._lines_heard = self._lines_chattered = 0
        self.listings = 0  # in the last minute
        self.sending.clear()
        self.reception.clear()
        self.ussd.cancel()
        self.voice.hang_up()
        self.settings = Settings()
        self.stores.reset()
        self.sim.lock()

    # The network's side.

    def deliver(self, message: Deliver) -> bool:
        """A message arrives. False: it cannot be taken, try again later."""
        return self._is_reached and self.reception.deliver(message)

    def deliver_pdu(self, pdu: bytes) -> bool:
        """The same for octets that may be no message at all, with a centre in front."""
        return self._is_reached and self.reception.deliver_pdu(pdu)

    def report(self, report: StatusReport) -> bool:
        """
        A status report arrives; it is lost when the client has not asked for any. False: it cannot
        be taken, try again later.
        """
        if not self._is_reached:
            return False
        if not self.faults.shows(Fault.REPORTS_LOST):
            self.reception.report(report)
            if self.faults.shows(Fault.REPORTS_TWICE):
                self.reception.report(report)
            self.sending.note_report(report)
        return True

    @property
    def _is_reached(self) -> bool:
        """Whether the network finds it; one that is stuck does not answer the network either."""
        return self.is_registered and not self.is_mute

    def announce(self, text: str) -> None:
        """Say something unasked, as soon as no prompt is open."""
        self.line.announce(text)

    @property
    def registration(self) -> int:
        """The state that ``+CREG`` tells (27.007, 7.2)."""
        is_on_air = self.settings.functionality == 1 and self._is_on
        if not is_on_air or not self.has_card or self.sim.is_locked:
            return 0
        return _SEARCHING if State.SEARCHING in self.life else self.radio.state

    @property
    def has_card(self) -> bool:
        """Whether there is a SIM that works."""
        return Fault.NO_SIM not in self.faults and Fault.SIM_FAILED not in self.faults

    @property
    def is_registered(self) -> bool:
        """Whether messages can be sent and received."""
        return self.registration in USABLE

    def tell_registration(self) -> None:
        """Announce the state of registration to a client that wants to know."""
        for domain, form in self.settings.registration_forms.items():
            state = self.radio.told_by(domain, self.registration)
            place = f',"{self.radio.area}","{self.radio.cell}"' if form == 2 and state else ""
            if form:
                self.announce(f"{domain}: {state}{place}")

    @property
    def knows_speed(self) -> bool:
        """Whether it understands what it hears; one that does not echoes nothing."""
        return self._lines_heard > 0 or not self.personality.autobauds

    # For commands.

    @property
    def is_mute(self) -> bool:
        """Whether it neither obeys nor answers."""
        faults = self.faults
        is_gone = Fault.UNPLUGGED in faults or Fault.RENAMED in faults
        return is_gone or Fault.SILENT in faults or not self._is_on

    def write(self, text: str) -> None:
        """One line of an answer, or several."""
        self.line.write(text)

    def prompt(self, call: Call, read: PayloadReader = pdu_of_digits) -> None:
        """
        Ask for the payload of a command; ``read`` turns what is typed into a PDU.

        Raises:
            Refusal: there is no prompt.
        """
        self.sending.announce(call, read)

    def release_notifications(self, *, drop: bool = False) -> None:
        """The client may hear what ``+CNMI`` held back (27.005, 3.4.1 <bfr>)."""
        self.reception.release(drop=drop)

    # Time.

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Do something later, unless the modem is switched off before."""
        self.life.after(delay, action)

    def unplug(self, *, renamed: bool = False, seconds: float = 0.2) -> None:
        """Lose the port and with it the power, and get both back."""
        self.switch_off()
        if self.life.surroundings is not None:
            self.life.surroundings.unplug(self, renamed=renamed, seconds=seconds)

    def say_boot_lines(self) -> None:
        """Say what is said after switching on, each line at its time."""
        for line in self.personality.boot:
            self.life.soon(line.after, partial(self.announce, _habits.filled(self, line.text)))

    def _boot(self) -> None:
        personality = self.personality
        self.is_chatty = True
        self.reception.is_mute = bool(personality.unannounced_until)
        self.say_boot_lines()
        if personality.is_deaf_while_booting:
            self.life.be(State.BOOTING, max((line.after for line in personality.boot), default=0))
        self.life.be(State.STARTING, personality.sms_ready_after)
        self.life.be(State.SEARCHING, personality.registers_after)
        self.after(personality.registers_after, self.tell_registration)

    # Hearing.

    def _hear(self, heard: Heard) -> None:
        match heard:
            case CommandLine(text):
                self._hear_line(text)
            case Payload(text):
                self._leave_prompt(text)
            case Aborted():
                self._leave_prompt(None)

    def _hear_line(self, text: str) -> None:
        self._lines_heard += 1
        calls = calls_of(text)
        life = self.life.number
        for call in calls:
            self.faults.reach(call.name)
        is_lost = self.personality.autobauds and self._lines_heard == 1
        if not (self.is_mute or is_lost or State.BOOTING in self.life or life != self.life.number):
            self.line.wait(_habits.delay_of(self, calls), partial(self._obey, calls))
        self.faults.count_command()

    def _obey(self, calls: tuple[Call, ...]) -> None:
        self._chatter()
        try:
            for call in calls:
                for text in _habits.obey(self, call):
                    life = self.life.number
                    self.write(text)
                    self.faults.reach(Point.LINE)
                    if life != self.life.number:
                        return
        except Refusal as refusal:
            self.line.end_command(refusal.text(self.settings.error_form))
        except Final as final:
            self.line.end_command(final.text)
        else:
            if not self.sending.is_announced:
                self.line.end_command("OK")

    def _chatter(self) -> None:
        personality = self.personality
        turn, rest = divmod(self._lines_heard, personality.chatter_every)
        if not personality.chatter or not self.is_chatty or rest:
            return
        self.write(personality.chatter[turn % len(personality.chatter)])
        self._lines_chattered += 1
        if self._lines_chattered == personality.bears_chatter:
            self.after(0.0, self.power_cycle)

    def _leave_prompt(self, text: str | None) -> None:
        # What came meanwhile is heard between the message and its reference.
        self.line.release()
        try:
            self.sending.take(text)
        except Refusal as refusal:
            self.line.end_command(
                _habits.in_own_numbers(self, refusal).text(self.settings.error_form)
            )
        except Final as final:
            self.line.end_command(final.text)
