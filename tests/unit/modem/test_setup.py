import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.testing.fakes import RecordingJournal
from smscore_modem import ModemOptions
from smscore_modem._line._dialogue import Dialogue, NoAnswer
from smscore_modem._line._serial import LineLost
from smscore_modem._profiles import Profile
from smscore_modem._start._identity import SimCard
from smscore_modem._start._pin import ByHand
from smscore_modem._start._setup import ModemState, bring_up, greet
from smscore_modem._start._waking import Remedy, Unusable
from smscore_modem.simulator import VirtualTime

PROFILE = Profile(name="hasty", quiet=0.001, wake_timeout=0.01, wake_attempts=3, sim_patience=3.0)
ORDINARY = {
    "AT+CGMI": "Acme",
    "AT+CGMM": "One",
    "AT+CGMR": "7.1",
    "AT+CCID": "+CCID: 8999100000000000001",
    "AT+CIMI": "999010000000001",
    "AT+CGSN": "990000000000001",
    "AT+CFUN?": "+CFUN: 1",
    "AT+CPIN?": "+CPIN: READY",
    "AT+CPMS=?": '+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")',
    "AT+CSCA?": '+CSCA: "+491710760000",145',
    "AT+CREG?": "+CREG: 1,1",
    "AT+CSQ": "+CSQ: 15,99",
}
ERROR = "ERROR"
SILENCE = None


class ScriptedModem:
    """
    Answers each command with a line and OK, or as it is told: several answers are used in turn.

    What is not in the script is obeyed without a word.
    """

    def __init__(self, **_: object) -> None:
        self.script: dict[str, list[str | None]] = {
            command: [answer] for command, answer in ORDINARY.items()
        }
        self.heard: list[str] = []
        self.unfinished: set[str] = set()  # commands that are answered without a final result
        self.is_impatient = False  # the line is cut instead of silence
        self.dialogue = Dialogue(lambda notification: None, time=VirtualTime())
        self.dialogue.attach(self)

    def answers(self, command: str, *answers: str | None) -> None:
        self.script[command] = list(answers)

    def write(self, data: bytes) -> None:
        command = data.decode().strip("\x1b\r")
        if not command:
            return
        self.heard.append(command)
        answers = self.script.get(command, [""])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:
            if self.is_impatient:
                self.dialogue.lose("cut")
            return
        if command in self.unfinished:
            self.dialogue.receive(f"{answer}\r\n".encode())
            return
        final = "" if "ERROR" in answer else "\r\nOK\r\n"
        self.dialogue.receive(f"{command}\r\r\n{answer}\r\n{final}".encode())

    def close(self) -> None: ...


@pytest.fixture
def modem() -> ScriptedModem:
    return ScriptedModem()


def set_up(
    modem: ScriptedModem,
    *,
    profile: Profile | None = PROFILE,
    pause: Callable[[float], None] = lambda seconds: None,
    journal: RecordingJournal | None = None,
    by_hand: ByHand | None = None,
    **options: Any,
) -> ModemState:
    configured = ModemOptions(port="scripted", **options)
    greeting = greet(modem.dialogue, options=configured, profile=profile)
    return bring_up(
        modem.dialogue,
        greeting,
        options=configured,
        journal=journal or RecordingJournal(),
        pause=pause,
        by_hand=by_hand,
    )


def test_an_ordinary_modem_is_ready_after_one_try_of_each_step(modem: ScriptedModem) -> None:
    state = set_up(modem)

    assert state.identity == "Acme, One, 7.1, 990000000000001"
    assert (state.store, state.centre, state.signal_dbm) == ("ME", "+491710760000", -83)
    assert state.networks.states == {"+CREG": 1}
    assert state.card == SimCard(iccid="8999100000000000001", imsi="999010000000001")
    assert 'AT+CPMS="ME","ME","ME"' in modem.heard
    assert "AT+CNMI=2,1,0,1,0" in modem.heard
    assert "AT+CNMI=2,1,0,2,0" not in modem.heard


def test_what_a_modem_can_do_and_refuses_is_kept_by_its_firmware(modem: ScriptedModem) -> None:
    journal = RecordingJournal()
    modem.answers("AT+CMMS=2", ERROR)

    record = set_up(modem, journal=journal).capabilities

    assert record.key.startswith("capabilities/990000000000001/")
    kept = json.loads(journal.get(record.key) or b"")
    assert kept["model"] == "One"
    assert kept["routing"] == "2,1,0,1,0"
    assert kept["refused"] == ["AT+CMMS=2"]


def test_a_modem_that_misses_the_first_bytes_is_woken_again(modem: ScriptedModem) -> None:
    modem.answers("AT", SILENCE, ERROR, "")

    assert set_up(modem).identity
    assert modem.heard[:3] == ["AT", "AT", "AT"]


def test_a_port_without_a_modem_is_said_to_have_none(modem: ScriptedModem) -> None:
    modem.answers("AT", SILENCE)

    with pytest.raises(Unusable, match="no modem answers"):
        set_up(modem)


def test_routing_that_is_refused_is_tried_in_the_next_form(modem: ScriptedModem) -> None:
    for refused in ("2,1,0,1,0", "2,1,0,2,0"):
        modem.answers(f"AT+CNMI={refused}", "+CMS ERROR: 303")

    set_up(modem)

    routing = [command for command in modem.heard if command.startswith("AT+CNMI=")]
    assert routing[-1] == "AT+CNMI=1,1,0,1,0"


def test_memories_are_selected_with_as_many_arguments_as_the_modem_takes(
    modem: ScriptedModem,
) -> None:
    modem.answers('AT+CPMS="ME","ME","ME"', ERROR)
    modem.answers('AT+CPMS="ME","ME"', ERROR)

    assert set_up(modem).store == "ME"
    assert 'AT+CPMS="ME"' in modem.heard


def test_a_modem_without_an_own_memory_uses_the_sim(modem: ScriptedModem) -> None:
    modem.answers("AT+CPMS=?", '+CPMS: ("SM"),("SM"),("SM")')

    assert set_up(modem).store == "SM"


def test_a_modem_that_only_knows_text_mode_is_refused(modem: ScriptedModem) -> None:
    modem.answers("AT+CMGF=0", ERROR)

    with pytest.raises(Unusable, match=r"AT\+CMGF=0"):
        set_up(modem)


def test_a_missing_centre_is_set_from_the_options(modem: ScriptedModem) -> None:
    modem.answers("AT+CSCA?", '+CSCA: "",129')

    assert set_up(modem).centre is None
    assert set_up(modem, centre="+491710760000").centre == "+491710760000"
    assert 'AT+CSCA="+491710760000",145' in modem.heard


def test_a_centre_that_the_sim_has_is_left_alone(modem: ScriptedModem) -> None:
    set_up(modem, centre="+491")

    assert not any(command.startswith("AT+CSCA=") for command in modem.heard)


def test_a_radio_that_is_off_is_switched_on(modem: ScriptedModem) -> None:
    modem.answers("AT+CFUN?", "+CFUN: 4")

    set_up(modem)

    assert "AT+CFUN=1" in modem.heard


def test_a_busy_sim_is_asked_again(modem: ScriptedModem) -> None:
    pauses: list[float] = []
    modem.answers("AT+CPIN?", "+CME ERROR: 14", "+CME ERROR: SIM busy", "+CPIN: READY")
    modem.answers("AT+CPMS?", "+CMS ERROR: 314", "")

    set_up(modem, pause=pauses.append)

    assert len(pauses) == 3


def test_a_sim_that_stays_busy_is_given_up_after_a_while(modem: ScriptedModem) -> None:
    modem.answers("AT+CPIN?", "+CME ERROR: 14")

    with pytest.raises(Unusable, match="cannot be used"):
        set_up(modem)


@pytest.mark.parametrize("state", ["SIM PUK", "SIM PIN2", "PH-SIM PIN"])
def test_nothing_but_the_pin_is_ever_entered(modem: ScriptedModem, state: str) -> None:
    modem.answers("AT+CPIN?", f"+CPIN: {state}")

    with pytest.raises(Unusable, match=state):
        set_up(modem, pin="1234")

    assert not any(command.startswith("AT+CPIN=") for command in modem.heard)


def test_a_pin_is_not_tried_when_few_tries_are_left(modem: ScriptedModem) -> None:
    modem.answers("AT+CPIN?", "+CPIN: SIM PIN")
    modem.answers('AT+CPINR="SIM PIN"', "+CPINR: SIM PIN,1,3")

    with pytest.raises(Unusable, match="tries left: 1"):
        set_up(modem, pin="1234")

    assert not any(command.startswith("AT+CPIN=") for command in modem.heard)


def test_any_domain_makes_the_modem_registered(modem: ScriptedModem) -> None:
    modem.answers("AT+CREG?", "+CREG: 1,0")
    modem.answers("AT+CEREG?", "+CEREG: 1,5")

    assert set_up(modem).networks.obstacle(roaming=True) is None


def test_a_modem_without_a_network_says_so(modem: ScriptedModem) -> None:
    modem.answers("AT+CREG?", "+CREG: 1,2")

    assert "searching" in (set_up(modem).networks.obstacle(roaming=True) or "")


def test_the_largest_store_is_taken_for_what_arrives(modem: ScriptedModem) -> None:
    modem.answers('AT+CPMS="ME","ME","ME"', "+CPMS: 0,10,0,10,0,10")
    modem.answers('AT+CPMS="SM","SM","SM"', "+CPMS: 1,30,1,30,1,30")

    assert set_up(modem).store == "SM"


def test_the_store_that_is_taken_is_the_one_that_stays_selected(modem: ScriptedModem) -> None:
    modem.answers('AT+CPMS="ME","ME","ME"', "+CPMS: 0,50,0,50,0,50")
    modem.answers('AT+CPMS="SM","SM","SM"', "+CPMS: 1,30,1,30,1,30")

    set_up(modem)

    selected = [text for text in modem.heard if text.startswith("AT+CPMS=") and '"' in text]
    assert selected[-1] == 'AT+CPMS="ME","ME","ME"'


@pytest.mark.parametrize(
    "offered",
    [
        '+CPMS: (("SM","SR"),("SM"))',  # nested
        '+CPMS: "SM" "SM" "SM"',  # without lists
        "+CPMS: (),(),()",  # empty
    ],
)
def test_odd_lists_of_stores_are_understood(modem: ScriptedModem, offered: str) -> None:
    modem.answers("AT+CPMS=?", offered)
    for count in (1, 2, 3):
        modem.answers("AT+CPMS=" + ",".join(['"ME"'] * count), ERROR)

    assert set_up(modem).store == "SM"


def test_what_a_modem_claims_to_announce_is_tried_before_what_it_does_not(
    modem: ScriptedModem,
) -> None:
    modem.answers("AT+CNMI=?", "+CNMI: (0,1),(0-3),(0,2),(0-2),(0,1)")

    set_up(modem)

    tried = [text for text in modem.heard if text.startswith("AT+CNMI=") and "?" not in text]
    assert tried == ["AT+CNMI=1,1,0,1,0"]


def test_routing_that_is_accepted_and_not_kept_is_tried_in_the_next_form(
    modem: ScriptedModem,
) -> None:
    modem.answers("AT+CNMI?", "+CNMI: 0,0,0,0,0", "+CNMI: 2,1,0,2,0")

    routing = set_up(modem).routing

    assert routing is not None
    assert routing.wanted == "2,1,0,2,0"


def test_a_modem_that_announces_nothing_is_usable_all_the_same(modem: ScriptedModem) -> None:
    for tried in PROFILE.routing:
        modem.answers(f"AT+CNMI={tried}", "+CMS ERROR: 303")

    state = set_up(modem)

    assert state.routing is None
    assert state.capabilities.facts()["routing"] == "none, only looking"


def test_a_modem_that_refuses_to_name_itself_is_known_by_its_greeting(
    modem: ScriptedModem,
) -> None:
    for command in ("AT+CGMI", "AT+CGMM", "AT+CGMR"):
        modem.answers(command, ERROR)
    modem.answers("ATI", "huawei\r\nE1550")

    state = set_up(modem, profile=None)

    assert state.profile.name == "huawei"
    assert state.identity == "huawei, E1550, 990000000000001"


def test_a_modem_that_never_ends_its_answer_about_the_pin_is_understood(
    modem: ScriptedModem,
) -> None:
    modem.unfinished.add("AT+CPIN?")

    assert set_up(modem).store == "ME"


def test_a_modem_that_only_knows_the_older_form_of_registration_is_asked_for_that(
    modem: ScriptedModem,
) -> None:
    modem.answers("AT+CREG=2", ERROR)

    set_up(modem)

    assert "AT+CREG=1" in modem.heard
    assert "AT+CGREG=1" not in modem.heard


def test_the_signal_of_an_lte_modem_is_read_in_its_own_terms(modem: ScriptedModem) -> None:
    modem.answers("AT+CSQ", "+CSQ: 99,99")
    modem.answers("AT+CESQ", "+CESQ: 99,99,255,255,20,50")

    assert set_up(modem).signal_dbm == -91


def test_a_signal_out_of_range_is_unknown(modem: ScriptedModem) -> None:
    modem.answers("AT+CSQ", "+CSQ: 115,99")

    assert set_up(modem).signal_dbm is None


def test_the_centre_is_asked_for_again_while_the_sim_is_busy(modem: ScriptedModem) -> None:
    modem.answers("AT+CSCA?", "+CME ERROR: 14", '+CSCA: "+491710760000",145')

    assert set_up(modem).centre == "+491710760000"


def test_text_mode_settings_are_never_touched(modem: ScriptedModem) -> None:
    modem.answers("AT+CSCA?", '+CSCA: "",129')

    set_up(modem, centre="+491710760000")

    assert not any(text.startswith("AT+CSMP") for text in modem.heard)


def test_a_modem_of_another_imei_is_not_used(modem: ScriptedModem) -> None:
    with pytest.raises(Unusable, match="another modem") as refusal:
        set_up(modem, imei="990000000000002")

    assert refusal.value.remedy is Remedy.PERSON


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        ("+CME ERROR: 10", Remedy.PERSON),  # no SIM
        ("+CME ERROR: SIM not inserted", Remedy.PERSON),
        ("+CME ERROR: 13", Remedy.RADIO),  # it failed
        ("+CME ERROR: SIM busy", Remedy.RADIO),  # for too long
        ("+CPIN: SIM PUK", Remedy.PERSON),
    ],
)
def test_only_what_may_pass_is_left_to_recovery(
    modem: ScriptedModem, answer: str, remedy: Remedy
) -> None:
    modem.answers("AT+CPIN?", answer)

    with pytest.raises(Unusable) as refusal:
        set_up(modem)

    assert refusal.value.remedy is remedy


@pytest.mark.parametrize(
    ("offered", "remedy"),
    [("+CMGF: (1)", Remedy.PERSON), ("+CMGF: (0,1)", Remedy.RECOVERY), ("", Remedy.RECOVERY)],
)
def test_a_modem_that_knows_text_mode_only_is_not_reset_again_and_again(
    modem: ScriptedModem, offered: str, remedy: Remedy
) -> None:
    modem.answers("AT+CMGF=0", "ERROR")
    modem.answers("AT+CMGF=?", offered)

    with pytest.raises(Unusable) as refusal:
        set_up(modem)
    assert refusal.value.remedy is remedy


@given(
    st.dictionaries(
        st.sampled_from([*ORDINARY, "AT", "ATE0", "AT+CNMI=?", "AT+CNMI?", "AT+CESQ", "ATI"]),
        st.text(max_size=60) | st.from_regex(r"\+[A-Z]{3,5}: [\d,\"()+ -]{0,40}", fullmatch=True),
    )
)
def test_no_answer_can_break_the_initialisation(answers: dict[str, str]) -> None:
    modem = ScriptedModem()
    for command, answer in answers.items():
        modem.answers(command, answer)

    with contextlib.suppress(Unusable, NoAnswer, LineLost):
        assert set_up(modem, profile=None, pin="1234").capabilities.facts()


# The PIN.


def locked(modem: ScriptedModem, *, pin: str = "1234") -> None:
    """The SIM wants its PIN, and is open after the right one."""
    modem.answers("AT+CPIN?", "+CPIN: SIM PIN", "+CPIN: READY")
    modem.answers(f'AT+CPIN="{pin}"', "")


def entered(modem: ScriptedModem) -> list[str]:
    return [text for text in modem.heard if text.startswith("AT+CPIN=")]


def test_a_pin_that_is_right_may_be_used_again_the_next_time(modem: ScriptedModem) -> None:
    journal = RecordingJournal()

    for _ in range(2):
        locked(modem)
        set_up(modem, pin="1234", journal=journal)

    assert len(entered(modem)) == 2


def test_that_a_pin_is_tried_is_written_down_before_it_is_sent(modem: ScriptedModem) -> None:
    journal = RecordingJournal()
    locked(modem)
    modem.answers('AT+CPIN="1234"', SILENCE)
    modem.is_impatient = True

    with pytest.raises(LineLost):
        set_up(modem, pin="1234", journal=journal)

    assert journal.get("pin-tried/8999100000000000001")


def test_each_wrong_pin_is_tried_once_whatever_was_tried_in_between(modem: ScriptedModem) -> None:
    journal = RecordingJournal()
    modem.answers("AT+CPIN?", "+CPIN: SIM PIN")
    for pin in ("1111", "2222"):
        modem.answers(f'AT+CPIN="{pin}"', "+CME ERROR: 16")

    for pin in ("1111", "2222", "1111", "2222"):
        with pytest.raises(Unusable):
            set_up(modem, pin=pin, journal=journal)

    assert entered(modem) == ['AT+CPIN="1111"', 'AT+CPIN="2222"']


@pytest.mark.parametrize(
    "cards",
    [
        ("+CME ERROR: 14", "+CCID: 8999100000000000001"),
        ("+CCID: 8999100000000000001", "+CME ERROR: 14"),
    ],
)
def test_a_wrong_pin_is_tried_once_although_the_sim_says_its_number_only_sometimes(
    modem: ScriptedModem, cards: tuple[str, ...]
) -> None:
    journal = RecordingJournal()
    modem.answers("AT+CPIN?", "+CPIN: SIM PIN")
    modem.answers('AT+CPIN="1111"', "+CME ERROR: 16")

    for card in cards:
        modem.answers("AT+CCID", card)
        with pytest.raises(Unusable):
            set_up(modem, pin="1111", journal=journal)

    assert entered(modem) == ['AT+CPIN="1111"']


def test_another_sim_may_have_the_same_pin(modem: ScriptedModem) -> None:
    journal = RecordingJournal()
    modem.answers("AT+CPIN?", "+CPIN: SIM PIN")
    modem.answers('AT+CPIN="1111"', "+CME ERROR: 16")

    for card in ("8999100000000000001", "8999100000000000002"):
        modem.answers("AT+CCID", f"+CCID: {card}")
        with pytest.raises(Unusable):
            set_up(modem, pin="1111", journal=journal)

    assert len(entered(modem)) == 2


def test_a_sim_can_be_asked_for_its_tries_in_its_own_language(modem: ScriptedModem) -> None:
    modem.answers("AT+CPIN?", "+CPIN: SIM PIN")
    modem.answers('AT+CPINR="SIM PIN"', ERROR)
    modem.answers('AT+CSIM=10,"0020000100"', '+CSIM: 4,"63C1"')

    with pytest.raises(Unusable, match="tries left: 1"):
        set_up(modem, pin="1234")

    assert entered(modem) == []


def test_a_modem_that_does_not_tell_the_tries_gets_the_one(modem: ScriptedModem) -> None:
    locked(modem)
    modem.answers('AT+CPINR="SIM PIN"', ERROR)
    modem.answers('AT+CSIM=10,"0020000100"', ERROR)

    set_up(modem, pin="1234")

    assert len(entered(modem)) == 1


def test_a_person_may_try_what_was_tried_before(modem: ScriptedModem) -> None:
    journal = RecordingJournal()
    modem.answers("AT+CPIN?", "+CPIN: SIM PIN")
    modem.answers('AT+CPIN="1234"', "+CME ERROR: 16")
    with pytest.raises(Unusable):
        set_up(modem, pin="1234", journal=journal)
    locked(modem)

    set_up(modem, pin="1234", journal=journal, by_hand=ByHand(pin="1234"))

    assert journal.get("pin-tried/8999100000000000001") == b""


def test_a_person_may_enter_the_puk(modem: ScriptedModem) -> None:
    modem.answers("AT+CPIN?", "+CPIN: SIM PUK", "+CPIN: READY")

    set_up(modem, by_hand=ByHand(pin="1234", puk="12345678"))

    assert entered(modem) == ['AT+CPIN="12345678","1234"']


def test_a_pin_by_hand_is_not_given_to_a_sim_that_wants_its_puk(modem: ScriptedModem) -> None:
    modem.answers("AT+CPIN?", "+CPIN: SIM PUK")

    with pytest.raises(Unusable, match="SIM PUK"):
        set_up(modem, by_hand=ByHand(pin="1234"))

    assert entered(modem) == []


def test_a_puk_is_not_given_to_a_sim_that_wants_its_pin(modem: ScriptedModem) -> None:
    locked(modem)

    with pytest.raises(Unusable, match="wants its PIN"):
        set_up(modem, by_hand=ByHand(pin="1234", puk="12345678"))

    assert entered(modem) == []


def test_pins_do_not_show_in_what_is_printed() -> None:
    assert "1234" not in repr(ByHand(pin="1234", puk="12345678"))
