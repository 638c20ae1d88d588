"""
The commands about modems, on simulated ones: without a server and beside one.
"""

import json
import re

import pytest
import serial

from smscore import GatewayConfig, build
from smscore.testing.fakes import NOON
from smscore_modem._pdu import Coding, Deliver, UserData, encode_deliver
from smscore_modem._traffic._shelf import Shelf
from smscore_modem.simulator import Action, Doing
from smscore_modem.simulator.pytest import modem_simulator
from smscore_server._output import Failure
from smscore_server.modem._asking import RunningServer

__all__ = ["modem_simulator"]

HELLO = UserData(coding=Coding.GSM7, content=b"hello")
A_TEXT = (
    encode_deliver(Deliver(sender="+491701234567", sent_at=NOON, user_data=HELLO)).hex().upper()
)
EVERY_WAY = pytest.mark.parametrize("way", ["port", "configured", "served"])

TIME = re.compile(r"[0-9:]*[0-9]\.[0-9]+")  # may hold the digits of a PIN


@pytest.fixture
def configured(modem_simulator, installation):
    """An installation with the first simulated modem."""
    with (installation / "smscore.toml").open("a") as file:
        file.write(
            f'\n[channels.modem-1]\ntransport = "modem"\nport = "{modem_simulator.ports[0]}"\n'
        )
    return modem_simulator


@pytest.fixture
def served(configured, answer, start):
    answer("account", "create", "shop")
    start("serve", "--port", "0").line()
    return configured


@pytest.fixture
def reach(request, way):
    """The options that lead to the first simulated modem."""
    simulator = request.getfixturevalue("modem_simulator" if way == "port" else way)
    return ["--port", simulator.ports[0]] if way == "port" else ["--modem", "modem-1"]


@EVERY_WAY
def test_a_modem_says_who_it_is(answer, reach):
    found = answer("modem", "identify", *reach)

    assert found["imei"] == "990000000000001"
    assert found["manufacturer"]


@EVERY_WAY
def test_the_signal_and_the_registration_are_told(answer, reach):
    found = answer("modem", "signal", *reach)

    assert -113 <= found["signal_dbm"] <= -51
    assert found["registration"]["+CREG"] == 1


@EVERY_WAY
def test_the_balance_of_a_sim_can_be_asked_for(answer, reach):
    assert answer("modem", "ussd", "*100#", *reach)["text"]


@EVERY_WAY
def test_the_talk_with_the_modem_can_be_had(command, reach, tmp_path):
    result = command("modem", "transcript", "--output", "talk.txt", *reach)

    assert result.exit_code == 0, result.output
    assert "> AT+CMGF=0\\r" in (tmp_path / "talk.txt").read_text()


def test_a_text_lies_in_the_modem_until_a_server_takes_it(answer, configured, start):
    configured.inject_sms(sender="+491701234567", text="Grüße")

    for way in (["--modem", "modem-1"], ["--port", configured.ports[0]], []):
        (message,) = answer("modem", "inbox", *way)["messages"]
        assert (message["sender"], message["text"]) == ("+491701234567", "Grüße")

    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        events = gateway.store.wakeup("topic:events")
        start("serve", "--port", "0").line()
        while not gateway.store.read(lambda view: view.inbox.find(limit=1)):
            assert events.wait(10)


def test_a_text_that_comes_while_a_command_has_the_modem_stays_there(answer, configured, start):
    watching = start("modem", "watch", "--modem", "modem-1")
    watching.lines_until("state: ready")

    configured.inject_sms(sender="+491701234567", text="hello")

    watching.lines_until(r"said: \+CMTI")
    watching.interrupt()
    assert len(answer("modem", "inbox")["messages"]) == 1


def test_a_text_that_the_modem_does_not_keep_is_kept_by_us(answer, configured, start):
    watching = start("modem", "watch", "--modem", "modem-1")
    watching.lines_until("state: ready")

    configured.inject_sms(sender="+491701234567", text="hello", flash=True)

    watching.lines_until(r"said: \+CMT")
    watching.interrupt()
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        assert len(gateway.store.read(lambda view: view.inbox.find(limit=9))) == 1


def test_watching_tells_what_changes_until_it_is_interrupted(served, start):
    watching = start("modem", "watch", "--json")
    first = json.loads(watching.lines_until('"state"')[-1])

    served.begin_fault("no_registration")

    changed = json.loads(watching.lines_until('"state".*(network|searching)')[-1])
    assert first["what"] == changed["what"] == "state"
    assert watching.interrupt() == 0


def test_a_text_is_sent_as_a_message_beside_a_server(answer, served):
    sent = answer("modem", "send", "--to", "+491701234567", "Can you read this?")

    assert (sent["status"], sent["parts"]) == ("delivered", 1)
    assert answer("status", sent["id"])["channel"] == "modem-1"


@pytest.mark.parametrize("way", ["port", "configured"])
def test_a_text_is_sent_directly_without_a_server_and_this_is_said(command, reach, request):
    simulator = request.getfixturevalue("modem_simulator")

    result = command("modem", "send", *reach, "--to", "+491701234567", "x" * 200, "--json")

    sent = json.loads(result.stdout)
    assert (sent["status"], sent["id"], sent["parts"]) == ("sent", None, 2)
    assert len(sent["references"]) == 2
    assert "charged to nobody" in result.stderr
    assert len(simulator.taken) == 2


def test_a_refused_text_is_an_error_in_the_words_of_the_modem(command, modem_simulator):
    port = modem_simulator.ports[0]

    result = command("modem", "send", "--port", port, "--to", "+999050000028", "hello")

    assert result.exit_code == 1
    assert "it was not sent" in result.stderr
    assert "28" in result.stderr


def test_a_text_that_the_rules_send_elsewhere_is_not_tried(command, answer, served, tmp_path):
    (tmp_path / "rules.toml").write_text('[[routes]]\nname = "all"\nchannels = ["phones"]\n')
    answer("rules", "apply", "rules.toml")

    result = command("modem", "send", "--to", "+491701234567", "hello")

    assert result.exit_code == 1
    assert "phones/shop" in result.stderr


def test_beside_a_server_with_several_accounts_one_has_to_be_named(command, answer, served):
    answer("account", "create", "other")

    unnamed = command("modem", "send", "--to", "+491701234567", "hello")
    named = command("modem", "send", "--account", "shop", "--to", "+491701234567", "hello")

    assert "--account" in unnamed.stderr
    assert named.exit_code == 0


@pytest.mark.parametrize("way", ["port", "configured", "served"])
def test_a_sim_is_unlocked_from_standard_input(command, answer, way, request):
    simulator = request.getfixturevalue("modem_simulator")
    simulator.begin_fault("pin", pin="4711")
    reach = request.getfixturevalue("reach")

    result = command("modem", "pin", *reach, "--stdin", stdin="4711\n")

    assert result.exit_code == 0, result.output
    assert "unlocked" in result.stdout
    assert "4711" not in result.output
    assert simulator.modems[0].sim.is_locked is False


def test_a_pin_is_asked_for_without_showing_it(on_terminal, configured):
    configured.begin_fault("pin", pin="4711")

    status, shown = on_terminal("modem", "pin", answers={"PIN: ": "4711"})

    assert status == 0, shown
    assert "asks for its PIN, 3 tries left" in shown
    assert "4711" not in shown


def test_a_wrong_pin_costs_one_try_and_this_is_said(command, configured):
    configured.begin_fault("pin", pin="4711")

    result = command("modem", "pin", "--stdin", stdin="1234\n")

    assert result.exit_code == 1
    assert "refused" in result.stderr
    assert "1234" not in result.output
    assert configured.modems[0].sim.tries_left == 2


@pytest.mark.parametrize("stdin", ["", "12a4", '1234"', "1 2", "123456789", b"\xff\xff\xff\xff"])
def test_what_is_no_pin_is_not_tried(command, configured, stdin):
    configured.begin_fault("pin", pin="4711")

    result = command("modem", "pin", "--stdin", stdin=stdin)

    assert result.exit_code == 1
    assert configured.modems[0].sim.tries_left == 3


@pytest.mark.parametrize("pin", ["", '1234"\rAT+CMGD=1', "123", "１２３４"])
def test_nothing_but_digits_reaches_the_line_as_a_pin(served, tmp_path, answer, pin):
    answer("modem", "identify")
    with (
        RunningServer.at(tmp_path / "control.sock") as server,
        pytest.raises(Failure, match="`pin`"),
    ):
        server.operate("modem-1", "pin", {"pin": pin})


def test_what_helps_a_modem_that_is_locked_is_told(command, configured):
    configured.begin_fault("pin", pin="4711")

    result = command("modem", "ussd", "*100#")

    assert result.exit_code == 1
    assert "asks for its PIN" in result.stderr
    assert "smscore modem pin --modem modem-1" in result.stderr


def test_a_transcript_can_be_replayed(answer, command, configured, start):
    command("modem", "transcript", "--output", "talk.txt")
    simulator = start("simulate", "--replay", "talk.txt", "--json")
    port = json.loads(simulator.line())["modems"][0]["port"]

    replayed = answer("modem", "identify", "--port", port)

    assert replayed["imei"] == "990000000000001"


def test_the_registration_is_told_in_words(command, configured):
    assert "+CREG home" in command("modem", "signal").stdout


def test_a_transcript_that_cannot_be_written_is_one_line(command, configured):
    result = command("modem", "transcript", "--output", "nowhere/talk.txt")

    assert result.exit_code == 1
    assert result.stderr == "error: nowhere/talk.txt cannot be written: No such file or directory\n"


@EVERY_WAY
def test_of_a_modem_whose_sim_is_locked_is_told_what_is_known(answer, reach, request):
    simulator = request.getfixturevalue("modem_simulator")
    simulator.begin_fault("puk")

    found = answer("modem", "identify", *reach)

    assert found["imei"] == simulator.modems[0].imei
    assert (found["model"], found["imsi"]) == ("Virtual Modem", None)
    assert "SIM PUK" in found["detail"]


def test_a_puk_wants_to_be_confirmed(command, configured):
    configured.begin_fault("puk")

    unsure = command("modem", "pin", "--stdin", stdin="12345678\n1234\n")
    sure = command("modem", "pin", "--stdin", "--yes", stdin="12345678\n1234\n")

    assert unsure.exit_code == 1
    assert "--yes" in unsure.stderr
    assert sure.exit_code == 0, sure.output
    assert configured.modems[0].sim.is_locked is False


def test_a_puk_is_asked_for_with_a_warning_and_a_new_pin(on_terminal, configured):
    configured.begin_fault("puk")

    status, shown = on_terminal(
        "modem",
        "pin",
        answers={
            "[y/N]: ": "y",
            "PUK: ": "12345678",
            "New PIN: ": "4711",
            "confirmation: ": "4711",
        },
    )

    assert status == 0, shown
    assert "destroy the SIM" in shown
    assert "4711" not in shown
    assert configured.modems[0].sim.is_locked is False


def test_no_secret_gets_into_the_log_of_the_server(command, configured, answer, start):
    configured.begin_fault("pin", pin="4711")
    answer("account", "create", "shop")
    server = start("serve", "--port", "0", "--verbose")
    server.line()

    command("modem", "pin", "--stdin", stdin="4712\n")
    command("modem", "pin", "--stdin", stdin="4711\n")
    talk = answer("modem", "transcript")["lines"]

    logged = server.end()
    assert "pin" in logged
    assert not [line for line in (*logged.splitlines(), *talk) if "471" in TIME.sub("", line)]


@EVERY_WAY
def test_a_telephone_is_made_to_ring(answer, reach):
    called = answer("modem", "ring", *reach, "+999001100")

    assert (called["number"], called["outcome"]) == ("+999001100", "busy")


def test_what_became_of_a_call_is_told_in_words(command, configured):
    result = command("modem", "ring", "+999001100")

    assert result.stdout == "modem-1: +999001100: it is busy\n"


def test_a_call_ends_when_its_caller_has_heard_enough(configured, start):
    calling = start("modem", "ring", "--seconds", "60", "+491701234567")
    voice = configured.modems[0].voice
    assert configured.wait_for(lambda: voice.call and voice.call.state.name == "ALERTING")

    calling.interrupt()

    assert voice.call is None


def test_a_call_that_the_modem_refuses_is_told_in_its_words(command, configured):
    configured.begin_fault("refuses", command="D", cme=3)

    assert "the call was refused: +CME ERROR: 3" in command("modem", "ring", "+49170123").stderr


def test_a_modem_that_says_nothing_is_not_called_unopened(command, configured):
    configured.begin_fault("silent")

    assert command("modem", "signal", "--wait", "0").stderr.startswith("error: not up yet; ")


def test_a_port_that_is_gone_is_told_in_few_words(configured, start):
    configured.unplug()
    watching = start("modem", "watch")

    (*_, told) = watching.lines_until("cannot open")

    assert told.endswith(f"state: cannot open {configured.port()}: No such file or directory\n")


def test_without_a_terminal_no_pin_is_asked_for(command, configured):
    configured.begin_fault("pin", pin="4711")

    result = command("modem", "pin", stdin="4711\n")

    assert result.exit_code == 1
    assert "--stdin" in result.stderr


@pytest.mark.parametrize("number", ["", "12", "+49170;+CFUN=0", "١٢٣٤", "--", "\udcff"])
def test_whom_nobody_can_call_is_a_wrong_call_of_the_command(command, configured, number):
    result = command("modem", "ring", "--wait", "0", "--", number)

    assert result.exit_code == 2
    assert "is not written like +491701234567" in result.stderr


@pytest.mark.parametrize("number", ["0", "+1", "nobody"])
def test_a_text_for_nobody_is_a_wrong_call_of_the_command(command, configured, number):
    result = command("modem", "send", "--wait", "0", "--to", number, "hello")

    assert result.exit_code == 2
    assert "is not written like +491701234567" in result.stderr


@EVERY_WAY
def test_a_modem_is_initialised_again(answer, reach):
    done = answer("modem", "reset", "--soft", *reach)

    assert (done["detail"], done["state"]) == ("the modem is initialised again", "ready")


@EVERY_WAY
def test_a_modem_starts_anew_and_is_waited_for(command, reach):
    result = command("modem", "reset", "--wait", "1", *reach)

    # That it is back would take longer than a test should.
    assert result.exit_code == 1
    assert result.stderr.startswith("error: being reset by hand; it takes its time")


def test_a_modem_is_reset_in_the_way_of_its_family(command, answer, served):
    command("modem", "reset", "--wait", "0")

    assert any("AT+CFUN=1,1" in line for line in answer("modem", "transcript")["lines"])


def test_a_modem_that_is_not_there_is_not_reset(command, served):
    served.unplug()

    result = command("modem", "reset")

    assert result.exit_code == 1
    assert f"there is no {served.port()}" in result.stderr


@pytest.fixture
def unreadable(configured):
    """Something has come that nobody can read, and a text that can be."""
    garbage = Action(do=Doing.PDU, modem="modem1", pdu="00FFFFFF")
    configured.perform(garbage)
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        shelf = Shelf(gateway.journal("modem-1"), "unreadable", clock=gateway.clock)
        shelf.put(bytes.fromhex(A_TEXT), why="an older version did not know how")
    return configured


def test_what_was_set_aside_is_shown_without_modem_and_server(answer, command, unreadable):
    unreadable.unplug()

    found = answer("modem", "shelf")

    assert (found["modem"], len(found["entries"])) == ("modem-1", 1)
    assert found["entries"][0]["pdu"] == A_TEXT
    table = command("modem", "shelf").stdout
    assert "unreadable/0" in table
    assert "an older version did not know how" in table
    assert A_TEXT in table


def test_what_a_server_set_aside_is_read_again_beside_it(command, answer, unreadable, start):
    answer("account", "create", "shop")
    start("serve", "--port", "0").line()
    while len(answer("modem", "shelf")["entries"]) < 2:
        answer("modem", "inbox")

    done = answer("modem", "shelf", "--retry")

    assert done["read"] == ["unreadable/0"]
    assert done["unreadable"] == ["unreadable/1"]
    assert command("modem", "shelf", "--discard", "unreadable/1").stdout == "1 entry discarded\n"
    assert command("modem", "shelf").stderr == "nothing is set aside\n"


def test_what_can_be_read_by_now_becomes_a_message_also_without_a_server(command, unreadable):
    result = command("modem", "shelf", "--retry", "unreadable/0")

    assert result.stdout == "1 entry read, 0 entries still unreadable\n"
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        (message,) = gateway.store.read(lambda view: view.inbox.find(limit=9))
    assert message.text == "hello"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--discard",), 2, "by their names, or 'all'"),
        (("--discard", "--retry"), 2, "either --retry or --discard"),
        (("--retry", "poison/9"), 1, "nothing is set aside as 'poison/9'"),
        (("--modem", "modem-2"), 1, "did you mean 'modem-1'?"),
    ],
)
def test_what_cannot_be_done_to_a_shelf_is_said(command, unreadable, arguments, status, said):
    result = command("modem", "shelf", *arguments)

    assert (result.exit_code, said in result.stderr) == (status, True)


def test_a_sim_that_is_open_needs_no_pin(command, configured):
    result = command("modem", "pin", "--stdin", stdin="4711\n")

    assert result.exit_code == 1
    assert "not locked" in result.stderr


def test_a_modem_without_a_network_tells_its_signal_all_the_same(answer, configured):
    configured.begin_fault("no_registration")

    found = answer("modem", "signal", "--wait", "1")

    assert "network" in found["detail"]
    assert found["registration"]["+CREG"] == 2
    assert "signal_dbm" in found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--port", "/dev/ttyUSB99"), "there is no /dev/ttyUSB99"),
        (("--modem", "modem-2"), "did you mean 'modem-1'?"),
        (("--port", "/dev/x", "--modem", "modem-1"), "either --modem or --port"),
    ],
)
def test_a_modem_that_cannot_be_meant_is_one_line(command, configured, arguments, said):
    result = command("modem", "identify", *arguments)

    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_where_no_modem_is_configured_the_way_out_is_told(command):
    result = command("modem", "signal")

    assert result.exit_code == 1
    assert "--port PATH" in result.stderr


def test_with_several_modems_one_has_to_be_named(command, configured, tmp_path):
    with (tmp_path / "smscore.toml").open("a") as file:
        file.write('\n[channels.modem-2]\ntransport = "modem"\nport = "/dev/x"\n')

    result = command("modem", "signal")

    assert "there are: modem-1, modem-2" in result.stderr


def test_a_port_that_another_program_has_is_told(command, configured):
    with serial.Serial(configured.ports[0], exclusive=True):
        result = command("modem", "identify", "--wait", "0.5")

    assert result.exit_code == 1
    assert "in use by" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_modems_are_listed_with_what_the_server_saw(answer, served, tmp_path):
    answer("modem", "identify")  # once it is up
    answer("modem", "list")

    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        changed = gateway.store.wakeup("topic:events")
        while not (found := answer("modem", "list")["modems"][0])["ready"]:
            changed.wait(0.1)

    assert found["name"] == "modem-1"
    assert found["detail"] == "ready"
    assert found["identity"]


def test_modems_that_no_server_has_seen_are_listed_too(command, configured):
    result = command("modem", "list")

    assert result.exit_code == 0, result.output
    assert "no server has looked at it yet" in result.stdout


def test_ports_are_listed_without_an_installation(command, tmp_path):
    (tmp_path / "smscore.toml").unlink()

    assert command("modem", "list").exit_code == 0


def test_the_control_socket_is_there_while_the_server_runs(served, start, tmp_path):
    assert (tmp_path / "control.sock").is_socket()


@pytest.mark.parametrize(
    "arguments", [("modem", "identify"), ("serve", "--port", "0"), ("check", "--wait", "0")]
)
def test_another_command_that_has_the_modem_is_named(command, configured, start, arguments):
    watching = start("modem", "watch", "--modem", "modem-1")
    watching.lines_until("state: ready")

    result = command(*arguments)

    assert f"process {watching.pid} (smscore_server modem watch) runs" in result.output
    assert "server runs" not in result.output
    assert "running server" not in result.output


def test_a_server_without_its_socket_is_told_apart_from_none(command, served, tmp_path):
    (tmp_path / "control.sock").unlink()

    result = command("modem", "identify")

    assert result.exit_code == 1
    assert "control socket" in result.stderr
