from collections.abc import Callable

import pytest

from smscore.testing.fakes import RecordingJournal
from smscore_modem._dialogue import Dialogue
from smscore_modem._profiles import Profile
from smscore_modem._setup import ModemState, Unusable, bring_up

PROFILE = Profile(name="hasty", quiet=0.001, wake_timeout=0.01, wake_attempts=3, sim_patience=3.0)
ORDINARY = {
    "AT+CGMI": "Acme",
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
        self.dialogue = Dialogue(lambda notification: None)
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
    pin: str | None = None,
    centre: str | None = None,
    pause: Callable[[float], None] = lambda seconds: None,
) -> ModemState:
    return bring_up(
        modem.dialogue,
        profile=PROFILE,
        pin=pin,
        centre=centre,
        journal=RecordingJournal(),
        pause=pause,
    )


def test_an_ordinary_modem_is_ready_after_one_try_of_each_step(modem: ScriptedModem) -> None:
    state = set_up(modem)

    assert state == ModemState(
        identity="Acme, 990000000000001",
        store="ME",
        centre="+491710760000",
        registrations={"+CREG": True},
        signal_dbm=-83,
    )
    assert 'AT+CPMS="ME","ME","ME"' in modem.heard
    assert "AT+CNMI=2,1,0,1,0" in modem.heard
    assert "AT+CNMI=2,1,0,2,0" not in modem.heard


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

    with pytest.raises(Unusable, match="1 tries left"):
        set_up(modem, pin="1234")

    assert not any(command.startswith("AT+CPIN=") for command in modem.heard)


def test_any_domain_makes_the_modem_registered(modem: ScriptedModem) -> None:
    modem.answers("AT+CREG?", "+CREG: 1,0")
    modem.answers("AT+CEREG?", "+CEREG: 1,5")

    assert set_up(modem).is_registered is True


def test_a_modem_without_a_network_says_so(modem: ScriptedModem) -> None:
    modem.answers("AT+CREG?", "+CREG: 1,2")

    assert set_up(modem).is_registered is False
