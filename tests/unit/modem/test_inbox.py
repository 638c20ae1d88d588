"""
What a modem's stores hold, and what it says of them; the modem is a script.
"""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.errors import StoreUnavailable
from smscore.testing.fakes import NOON, ManualClock, RecordingJournal, RecordingSink
from smscore_modem._line._at import AtEngine
from smscore_modem._line._dialogue import Dialogue
from smscore_modem._line._events import Notification
from smscore_modem._pdu import (
    Coding,
    Deliver,
    StatusReport,
    UserData,
    encode_deliver,
    encode_status_report,
)
from smscore_modem._sparing import SparingLog
from smscore_modem._traffic._inbox import Inbox, is_full_notice
from smscore_modem._traffic._intake import Intake
from smscore_modem._traffic._shelf import Shelf
from smscore_modem.simulator import VirtualTime


def a_text(text: str = "hello", sender: str = "Newsbox") -> str:
    data = UserData(coding=Coding.GSM7, content=text.encode())
    return encode_deliver(Deliver(sender=sender, user_data=data, sent_at=NOON)).hex().upper()


def a_report(status: int = 0) -> str:
    return (
        encode_status_report(
            StatusReport(
                reference=7,
                recipient="+491701234567",
                status=status,
                sent_at=NOON,
                finished_at=NOON,
            )
        )
        .hex()
        .upper()
    )


def length_of(pdu: str) -> int:
    return len(pdu) // 2 - 1


class ScriptedModem:
    """
    Stores of PDUs by place, in whichever way a test wants them listed.

    ``answers`` replaces what some command is answered with; ``asked`` has all commands.
    """

    def __init__(self) -> None:
        self.time = VirtualTime()
        self.stores: dict[str, dict[int, str]] = {"ME": {}, "SM": {}, "SR": {}}
        self.selected = "ME"
        self.total = 30
        self.asked: list[str] = []
        self.answers: dict[str, list[str]] = {}
        self.dialogue = Dialogue(lambda notification: None, time=self.time)
        self.dialogue.attach(self)

    def write(self, data: bytes) -> None:
        command = data.decode().strip("\r\x1b")
        self.asked.append(command)
        given = self.answers.get(command)
        lines = self._answer(command) if given is None else given
        self.dialogue.receive("".join(f"\r\n{line}\r\n" for line in lines).encode())

    def close(self) -> None:
        """There is nothing to close."""

    def _answer(self, command: str) -> list[str]:
        name, _, value = command.removeprefix("AT").partition("=")
        held = self.stores[self.selected]
        match name:
            case "+CPMS":
                return self._select(value.strip('"'))
            case "+CPMS?":
                usage = ",".join(
                    f'"{name}",{len(self.stores[name])},{self.total}' for name in self.stores
                )
                return [f"+CPMS: {usage}", "OK"]
            case "+CMGL":
                found = (
                    line
                    for index, pdu in held.items()
                    for line in (f"+CMGL: {index},1,,{length_of(pdu)}", pdu)
                )
                return [*found, "OK"]
            case "+CMGR":
                pdu = held.get(int(value))
                return ["OK"] if pdu is None else [f"+CMGR: 1,,{length_of(pdu)}", pdu, "OK"]
            case "+CMGD":
                return ["OK"] if held.pop(int(value), None) else ["+CMS ERROR: 321"]
        return ["OK"]

    def _select(self, name: str) -> list[str]:
        if name not in self.stores:
            return ["+CMS ERROR: 302"]
        self.selected = name
        return [f"+CPMS: {len(self.stores[name])},{self.total},0,{self.total},0,{self.total}", "OK"]


class Desk:
    """A scripted modem, and the inbox that looks into it."""

    def __init__(self) -> None:
        self.modem = ScriptedModem()
        self.sink = RecordingSink()
        self.journal = RecordingJournal()
        self.suspected: list[str] = []
        sparing = SparingLog("m1", self.modem.time)
        self.shelf = Shelf(self.journal, "unreadable", clock=ManualClock())
        self.intake = Intake(
            channel="m1",
            sink=self.sink,
            unreadable=self.shelf,
            clock=ManualClock(),
            suspect=self.suspected.append,
            sparing=sparing,
        )
        self.inbox = Inbox(
            channel="m1",
            intake=self.intake,
            list_timeout=lambda: 20.0,
            time=self.modem.time,
            sparing=sparing,
        )

    def sweep(self, *, home: str | None = "ME") -> None:
        self.inbox.sweep(self.modem.dialogue, home=home)

    def fetch(self, name: str, text: str) -> None:
        self.inbox.fetch(Notification(name=name, text=text), self.modem.dialogue, home="ME")

    @property
    def texts(self) -> list[str]:
        return [part.user_data.decode() for part in self.sink.parts]

    @property
    def unreadable(self) -> list[bytes]:
        return [
            bytes.fromhex(json.loads(value)["pdu"])
            for key, value in self.journal.values.items()
            if key.startswith("unreadable/")
        ]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_everything_is_taken_out_of_every_store(desk: Desk) -> None:
    desk.modem.stores = {"ME": {0: a_text("a")}, "SM": {7: a_text("b")}, "SR": {900: a_report()}}
    desk.sweep()

    assert desk.texts == ["a", "b"]
    assert [report.reference for report in desk.sink.reports] == ["7"]
    assert not any(desk.modem.stores.values())
    assert desk.modem.selected == "ME"


@pytest.mark.parametrize("home", ["SM", "ME", None])
def test_every_store_is_looked_into_whichever_is_used(desk: Desk, home: str | None) -> None:
    desk.modem.selected = home or "SM"
    desk.modem.stores = {"ME": {0: a_text("a")}, "SM": {7: a_text("b")}, "SR": {}}
    desk.sweep(home=home)

    assert sorted(desk.texts) == ["a", "b"]


def test_what_is_not_stored_stays_in_the_modem_until_it_is(desk: Desk) -> None:
    desk.modem.stores["ME"] = {1: a_text()}
    desk.sink.fail_next(StoreUnavailable("the disk is full"))
    desk.sweep()
    assert desk.modem.stores["ME"]
    assert desk.inbox.again_at is not None

    desk.sweep()
    assert desk.texts == ["hello"]
    assert not desk.modem.stores["ME"]


def test_each_message_is_deleted_by_its_own_place(desk: Desk) -> None:
    desk.modem.stores["ME"] = {1: a_text("a"), 2: a_text("b")}
    desk.sweep()

    assert [command for command in desk.modem.asked if "CMGD" in command] == [
        "AT+CMGD=1",
        "AT+CMGD=2",
    ]


@pytest.mark.parametrize("pdu", [a_text(), "00FF"])
def test_what_a_modem_does_not_delete_is_stored_once_and_told(
    desk: Desk, pdu: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk.modem.stores["ME"] = {3: pdu}
    desk.modem.answers["AT+CMGD=3"] = ["+CMS ERROR: 500"]
    for _ in range(5):
        desk.sweep()

    assert len(desk.sink.parts) + len(desk.unreadable) == 1
    assert caplog.text.count("message 3 is stored, and the modem does not delete it") == 1
    desk.modem.answers.clear()
    desk.sweep()
    assert not desk.modem.stores["ME"]


def test_another_message_in_the_place_of_one_that_was_not_deleted_is_stored(desk: Desk) -> None:
    desk.modem.answers["AT+CMGD=3"] = ["+CMS ERROR: 500"]
    for text in ("a", "b"):
        desk.modem.stores["ME"] = {3: a_text(text)}
        desk.sweep()

    assert desk.texts == ["a", "b"]


def test_an_empty_answer_is_no_message_and_makes_it_look_everywhere(desk: Desk) -> None:
    # EC25 announces reports in SM, and keeps them in SR.
    desk.modem.stores["SR"] = {3: a_report()}
    desk.fetch("+CDSI", '"SM",0')
    assert desk.sink.reports == []
    assert desk.inbox.again_at == desk.modem.time.monotonic() + 1.0

    desk.sweep()
    assert len(desk.sink.reports) == 1


def test_an_announced_message_is_read_from_its_store(desk: Desk) -> None:
    desk.modem.stores["SM"] = {0: a_text("a")}
    desk.fetch("+CMTI", '"SM",0')

    assert desk.texts == ["a"]
    assert not desk.modem.stores["SM"]
    assert desk.modem.selected == "ME"


def test_a_burst_of_announcements_is_followed_by_a_look(desk: Desk) -> None:
    desk.modem.stores["ME"] = {1: a_text("a"), 2: a_text("b"), 3: a_text("lost")}
    desk.fetch("+CMTI", '"ME",1')
    assert desk.inbox.again_at is None
    desk.fetch("+CMTI", '"ME",2')

    assert desk.inbox.again_at == desk.modem.time.monotonic() + 1.0


def test_what_cannot_be_listed_is_read_place_by_place(desk: Desk) -> None:
    desk.modem.stores["SM"] = {0: a_text("a"), 30: a_text("b")}
    desk.modem.answers["AT+CMGL=4"] = ["+CMS ERROR: 303"]
    desk.sweep()

    assert desk.texts == ["a", "b"]


def test_a_place_that_only_a_list_can_read_is_read_from_the_list(desk: Desk) -> None:
    desk.modem.stores["ME"] = {1: a_text()}
    desk.modem.answers["AT+CMGR=1"] = ["+CMS ERROR: 321"]
    desk.fetch("+CMTI", '"ME",1')
    desk.sweep()

    assert desk.texts == ["hello"]


def test_a_listed_message_without_its_pdu_is_read_alone(desk: Desk) -> None:
    pdu = a_text()
    desk.modem.stores["ME"] = {1: pdu}
    desk.modem.answers["AT+CMGL=4"] = ["+CMGL: 1,1,,24", "+CMGL: 2,1,,24", "", "OK"]
    desk.sweep()

    assert desk.texts == ["hello"]
    assert desk.unreadable == []


@pytest.mark.parametrize(
    "damage",
    [lambda pdu: pdu[:-1], lambda pdu: pdu[:-2], lambda pdu: "?" + pdu[1:], lambda pdu: pdu[2:]],
)
def test_what_was_damaged_on_the_line_is_read_again(
    desk: Desk, damage: Callable[[str], str]
) -> None:
    pdu = a_text()
    desk.modem.stores["ME"] = {1: pdu}
    desk.modem.answers["AT+CMGL=4"] = [f"+CMGL: 1,1,,{length_of(pdu)}", damage(pdu), "OK"]
    desk.sweep()

    assert desk.texts == ["hello"]
    assert desk.unreadable == []


def test_what_no_one_can_read_is_kept_for_study_and_taken_out(desk: Desk) -> None:
    desk.modem.stores["ME"] = {1: "00FF", 2: a_text("next")}
    desk.sweep()

    assert desk.unreadable == [b"\x00\xff"]
    assert desk.texts == ["next"]
    assert not desk.modem.stores["ME"]


@pytest.mark.parametrize("refusal", ["+CMS ERROR: 321", "OK"])
@pytest.mark.parametrize("pdu", [a_text(), "00FF"])
def test_what_only_a_list_shows_and_not_as_long_as_it_says_is_taken_from_the_next_one(
    desk: Desk, pdu: str, refusal: str
) -> None:
    desk.modem.stores["ME"] = {1: pdu}
    desk.modem.answers["AT+CMGL=4"] = ["+CMGL: 1,0,,99", pdu, "OK"]
    desk.modem.answers["AT+CMGR=1"] = [refusal]
    desk.sweep()
    assert desk.modem.stores["ME"]

    desk.modem.answers["AT+CMGL=4"] = ["+CMGL: 1,1,,99", pdu, "OK"]
    desk.sweep()
    assert desk.texts or desk.unreadable
    assert not desk.modem.stores["ME"]


def test_what_a_list_shows_differently_each_time_is_left_until_it_does_not(desk: Desk) -> None:
    pdu = a_text()
    desk.modem.stores["ME"] = {1: pdu}
    desk.modem.answers["AT+CMGR=1"] = ["+CMS ERROR: 321"]
    for damaged in (pdu[:-1], pdu[:-2], "", ""):
        desk.modem.answers["AT+CMGL=4"] = ["+CMGL: 1,1,,99", damaged, "OK"]
        desk.sweep()

    assert desk.modem.stores["ME"]


def test_what_the_user_wrote_is_left_alone(desk: Desk) -> None:
    desk.modem.answers["AT+CMGL=4"] = ["+CMGL: 1,2,,24", "0011", "OK"]
    desk.sweep()

    assert "AT+CMGD=1" not in desk.modem.asked


def test_an_empty_store_is_not_listed(desk: Desk) -> None:
    desk.sweep()

    assert desk.modem.asked.count("AT+CMGL=4") == 1


def test_it_is_known_how_full_a_store_stays(desk: Desk) -> None:
    fullness = []
    for used in (23, 24):
        desk.modem.answers["AT+CPMS?"] = [f'+CPMS: "ME",{used},30,"SM",0,30', "OK"]
        desk.sweep()
        fullness.append(desk.inbox.fullness)

    assert fullness == [23 / 30, 0.8]
    assert desk.inbox.usage["ME"] == (24, 30)


@pytest.mark.parametrize(
    ("name", "text", "is_full"),
    [
        ("^SMMEMFULL", "SM", True),
        ("+QIND", '"smsfull","ME"', True),
        ("+CIEV", '"smsfull",1', True),
        ("+CIEV", "2,3", False),
        ("+QIND", "SMS DONE", False),
    ],
)
def test_a_full_store_is_told_in_the_words_of_each_family(
    name: str, text: str, *, is_full: bool
) -> None:
    assert is_full_notice(Notification(name=name, text=text)) is is_full


def test_a_direct_message_that_is_not_stored_is_offered_again(desk: Desk) -> None:
    pdu = a_text()
    desk.sink.fail_next(StoreUnavailable("the disk is full"))
    desk.inbox.accept(Notification(name="+CMT", text=f",{length_of(pdu)}", pdu=pdu))
    assert desk.texts == []

    desk.inbox.offer_again()
    assert desk.texts == ["hello"]


def test_a_direct_message_without_a_length_is_read_all_the_same(desk: Desk) -> None:
    desk.inbox.accept(Notification(name="+CMT", text="", pdu=a_text()))

    assert desk.texts == ["hello"]


@pytest.mark.parametrize("damage", [lambda pdu: pdu[:-1], lambda pdu: "\ufffd" + pdu[1:]])
def test_a_direct_message_that_was_damaged_on_the_line_is_set_aside_and_told(
    desk: Desk, damage: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    pdu = damage(a_text())
    desk.inbox.accept(Notification(name="+CMT", text=f",{len(pdu) // 2}", pdu=pdu))

    assert json.loads(desk.journal.values["unreadable/0"])["pdu"] == pdu
    assert "set aside as unreadable: its digits were damaged" in caplog.text
    (shelved,) = desk.shelf
    assert not desk.intake.take_again(shelved)


def test_a_direct_message_that_got_lost_on_the_line_is_told_and_looked_for(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(20):
        desk.inbox.accept(Notification(name="+CMT", text=",24"))

    assert caplog.text.count("the line lost what +CMT announced") == 5
    assert desk.inbox.again_at == desk.modem.time.monotonic() + 1.0


said = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda name, header, pdu: f"{name}: {header}\r\n{pdu.hex()}\r\n".encode(),
        st.sampled_from(["+CMT", "+CDS", "+CMTI", "+CDSI"]),
        st.sampled_from(["20", ",20", '"ME",1', '"XX",0', '"SM"', "", '"ME",99999999999']),
        st.binary(min_size=8, max_size=60),
    ),
)


@given(st.lists(said, max_size=10))
def test_nothing_that_a_modem_says_makes_it_raise(spoken: list[bytes]) -> None:
    desk = Desk()
    engine = AtEngine()
    events = [event for data in spoken for event in engine.receive(data)]
    for event in events:
        match event:
            case Notification(name="+CMT" | "+CDS"):
                desk.inbox.accept(event)
            case Notification(name="+CMTI" | "+CDSI"):
                desk.inbox.fetch(event, desk.modem.dialogue, home="ME")
    desk.inbox.offer_again()


def test_a_report_that_a_blocked_sim_would_get_is_told(desk: Desk) -> None:
    for status in (0x00, 0x43, 0x46):
        pdu = a_report(status)
        desk.inbox.accept(Notification(name="+CDS", text=str(length_of(pdu)), pdu=pdu))

    assert desk.suspected == ["+491701234567"]
