"""
What a person may ask of a modem beside sending: each operation by its name, fit for JSON.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import attrs

from smscore.domain.inbound import InboundPart
from smscore.domain.joining import join
from smscore.errors import InvalidRequest, NotReady, TemporaryFailure
from smscore.ports.clock import Clock
from smscore.ports.transport import ChannelHealth
from smscore_modem._line._commands import Listed, usage_of
from smscore_modem._line._dialogue import Dialogue, NoAnswer
from smscore_modem._line._serial import LineLost
from smscore_modem._line._transcript import Transcript
from smscore_modem._pdu import MalformedPdu, StatusReport, decode_incoming
from smscore_modem._start._network import read_networks, read_signal
from smscore_modem._time import Time, Turn
from smscore_modem._traffic._calls import ask_network, check_code, check_ring, prepare_session, ring
from smscore_modem._traffic._inbox import listing
from smscore_modem._traffic._study import Study
from smscore_modem._traffic._ussd import UssdState
from smscore_modem._upkeep._keeper import Keeper
from smscore_modem._upkeep._ladder import Rung

__all__ = ["Operations"]

_TIMEOUT = 5.0
_SECRET = re.compile(r"[0-9]{4,8}")  # a PIN or a PUK
_RESETS = {
    "restart": (Rung.RESET, "the modem starts anew"),
    "resync": (Rung.RESYNC, "the modem is initialised again"),
}
_SESSION = 60.0  # seconds for which a USSD session waits for its person

Answered = Mapping[str, object]


class Operations:
    """The operations of one channel, one at a time."""

    def __init__(
        self,
        *,
        keeper: Keeper,
        transcript: Transcript,
        health: Callable[[], ChannelHealth],
        clock: Clock,
        time: Time,
    ) -> None:
        self._keeper = keeper
        self._transcript = transcript
        self._health = health
        self._clock = clock
        self._monotonic = time.monotonic
        self._turn = Turn(time)
        self.study: Study | None = None  # until the channel is opened
        self._session_until = self._monotonic()  # while the network waits for a reply

    def run(self, operation: str, arguments: Mapping[str, str]) -> Answered:
        """
        Do it; blocks.

        Raises:
            InvalidRequest: there is no such operation, or an argument is missing or wrong.
            TransportError: it could not be done.
        """
        operations: dict[str, Callable[[Mapping[str, str]], Answered]] = {
            "health": lambda _: attrs.asdict(self._health()),
            "identify": lambda _: self._keeper.identify(),
            "inbox": lambda _: self._list_inbox(),
            "pin": self._enter_pin,
            "puk": self._enter_puk,
            "reset": self._reset,
            "ring": self._ring,
            "shelf": self._look_aside,
            "signal": lambda _: self._measure_signal(),
            "transcript": self._show_transcript,
            "ussd": self._ask_network,
        }
        if operation not in operations:
            known = ", ".join(operations)
            raise InvalidRequest(f"a modem has no operation {operation!r}; it has {known}")
        return operations[operation](arguments)

    @contextmanager
    def _line(self) -> Iterator[Dialogue]:
        """The modem for one operation; nobody else disturbs it."""
        with self._turn, self._keeper.undisturbed():
            dialogue = self._keeper.reach()
            try:
                yield dialogue
            except (NoAnswer, LineLost) as error:
                # A late answer would be taken for that of the next command.
                self._keeper.drop(dialogue, str(error))
                raise TemporaryFailure(f"the modem did not answer: {error}") from error

    # To look.

    def _show_transcript(self, arguments: Mapping[str, str]) -> Answered:
        masks = arguments.get("texts", "shown") == "masked"
        return {"lines": self._transcript.lines(masks_texts=masks)}

    def _look_aside(self, arguments: Mapping[str, str]) -> Answered:
        if self.study is None:
            raise NotReady("the channel is not open")
        return self.study.run(arguments)

    def _measure_signal(self) -> Answered:
        with self._line() as dialogue:
            networks = read_networks(dialogue)
            return {"signal_dbm": read_signal(dialogue), "registration": dict(networks.states)}

    def _list_inbox(self) -> Answered:
        with self._line() as dialogue:
            usage = usage_of(dialogue.ask("AT+CPMS?", timeout=_TIMEOUT).lines)
            home = next(iter(usage), None)
            found: list[Answered] = []
            for store in dict.fromkeys([*usage, "SM", "SR"]):
                found += self._listed(dialogue, store, usage.get(store, (0, 0))[1])
            if home is not None:
                dialogue.ask(f'AT+CPMS="{home}"', timeout=_TIMEOUT)
        return {"messages": found, "stores": {store: list(held) for store, held in usage.items()}}

    def _listed(self, dialogue: Dialogue, store: str, total: int) -> list[Answered]:
        if not dialogue.ask(f'AT+CPMS="{store}"', timeout=_TIMEOUT).is_ok:
            return []
        timeout = self._keeper.profile.list_timeout
        messages = listing(dialogue, total=total, timeout=timeout)
        return [{"store": store, "index": one.index, **self._shown(one)} for one in messages]

    def _shown(self, listed: Listed) -> Answered:
        try:
            message = decode_incoming(bytes.fromhex(listed.pdu), tpdu_length=listed.length)
        except (MalformedPdu, ValueError):
            return {"kind": "unreadable", "pdu": listed.pdu}
        sent_at = message.sent_at.moment
        moment = None if sent_at is None else sent_at.isoformat()
        if isinstance(message, StatusReport):
            about = {"recipient": str(message.recipient), "status": f"0x{message.status:02X}"}
            return {"kind": "report", "reference": message.reference, "sent_at": moment, **about}
        part = InboundPart(
            channel="",
            sender=str(message.sender),
            coding=message.user_data.coding,
            user_data=message.user_data.content,
            received_at=self._clock.now(),
            header=message.user_data.header,
        )
        text = "".join(joined.text for joined in join([part]))
        return {"kind": "text", "sender": part.sender, "sent_at": moment, "text": text}

    # To act.

    def _ask_network(self, arguments: Mapping[str, str]) -> Answered:
        code, reply = arguments.get("code"), arguments.get("reply")
        said = [check_code(text) for text in (code, reply) if text is not None]
        if not said:
            raise InvalidRequest("`code` is missing, such as *100#")
        with self._line() as dialogue:
            if code is not None:
                prepare_session(dialogue, profile=self._keeper.profile)
            elif self._monotonic() >= self._session_until:
                raise InvalidRequest("no USSD session waits for a reply; begin with `code`")
            return self._converse(dialogue, said)

    def _converse(self, dialogue: Dialogue, said: list[str]) -> Answered:
        answers = []
        wants_reply = True
        while said and wants_reply:
            answer = ask_network(dialogue, said.pop(0), profile=self._keeper.profile)
            answers.append(answer.text)
            wants_reply = answer.state is UssdState.WANTS_REPLY
            self._session_until = self._monotonic() + (_SESSION if wants_reply else 0)
        return {"text": answers[-1], "texts": answers, "wants_reply": wants_reply}

    def _ring(self, arguments: Mapping[str, str]) -> Answered:
        number, seconds = check_ring(_required(arguments, "number"), arguments.get("seconds", "15"))
        with self._line() as dialogue:
            return {"outcome": ring(dialogue, number, seconds=seconds)}

    def _enter_pin(self, arguments: Mapping[str, str]) -> Answered:
        self._check_sim(arguments)
        return {"detail": self._keeper.unlock(pin=_digits(arguments, "pin"))}

    def _enter_puk(self, arguments: Mapping[str, str]) -> Answered:
        if arguments.get("confirmed") != "yes":
            raise InvalidRequest(
                "ten wrong PUKs destroy a SIM; say `confirmed` = `yes` if you are sure"
            )
        self._check_sim(arguments)
        pin, puk = _digits(arguments, "pin"), _digits(arguments, "puk")
        return {"detail": self._keeper.unlock(pin=pin, puk=puk)}

    def _check_sim(self, arguments: Mapping[str, str]) -> None:
        wanted, there = arguments.get("sim"), self._keeper.sim
        if None not in (wanted, there) and wanted != there:
            raise InvalidRequest(f"the SIM in the modem is {there}, not {wanted}")

    def _reset(self, arguments: Mapping[str, str]) -> Answered:
        how = arguments.get("how", "restart")
        if how not in _RESETS:
            raise InvalidRequest(f"`how` must be one of {', '.join(_RESETS)}")
        rung, detail = _RESETS[how]
        self._keeper.reset(rung)
        return {"detail": detail}


def _required(arguments: Mapping[str, str], name: str) -> str:
    if not arguments.get(name):
        raise InvalidRequest(f"`{name}` is missing")
    return arguments[name]


def _digits(arguments: Mapping[str, str], name: str) -> str:
    # Whatever else was given would become part of a command. It stays out of the message.
    if not _SECRET.fullmatch(_required(arguments, name)):
        raise InvalidRequest(f"`{name}` must be 4 to 8 digits")
    return arguments[name]
