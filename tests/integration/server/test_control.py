import json
import logging
import os
import resource
import socket
import stat
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from smscore.errors import NotReady
from smscore_server._output import Failure
from smscore_server.control import LONGEST_LINE, ControlSocket
from smscore_server.modem._asking import RunningServer


class Devices:
    """What a control socket operates on; ``hold`` keeps callers waiting."""

    def __init__(self):
        self.asked = []
        self.hold = threading.Event()
        self.hold.set()
        self.entered = threading.Event()

    def operate(self, channel, operation, arguments):
        self.asked.append((channel, operation, dict(arguments)))
        self.entered.set()
        self.hold.wait(10)
        if operation == "refuse":
            raise NotReady("no network has registered the SIM")
        if operation == "break":
            raise ValueError(f"no {arguments['pin']}")
        if operation == "unfit":
            return {"result": object()}
        return {"said": arguments.get("text")}


@pytest.fixture
def devices():
    return Devices()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "control.sock"


@pytest.fixture
def control(path, devices):
    control = ControlSocket(path, operate=devices.operate)
    control.start()
    yield control
    devices.hold.set()
    control.close()


@pytest.fixture
def say(control, path):
    """Sends octets, ends what it says, and returns every answer."""

    def say(data):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(str(path))
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            with line.makefile("rb") as answers:
                return [json.loads(one) for one in answers]

    return say


def test_an_operation_is_passed_on_and_its_answer_comes_back(control, path, devices):
    with RunningServer.at(path) as server:
        answer = server.operate("modem-1", "ussd", {"text": "ü\n"})

    assert answer == {"said": "ü\n"}
    assert devices.asked == [("modem-1", "ussd", {"text": "ü\n"})]


def test_only_its_owner_may_open_it(control, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can pretend to be another user")
def test_another_user_is_refused_whatever_the_mode_of_the_file(devices):
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as line:
        path = Path(directory) / "control.sock"
        with closing(ControlSocket(path, operate=devices.operate)) as control:
            control.start()
            path.parent.chmod(0o755)
            path.chmod(0o777)
            os.seteuid(65534)
            try:
                line.connect(str(path))
            finally:
                os.seteuid(0)
            with line.makefile("rb") as answers:
                answer = json.loads(answers.readline())

    assert (answer["ok"], answer["code"]) == (False, "refused")
    assert devices.asked == []


def test_a_refusal_is_told_in_its_own_words(control, path):
    with RunningServer.at(path) as server, pytest.raises(NotReady, match="no network has"):
        server.operate("modem-1", "refuse", {})


def test_what_breaks_harms_neither_the_connection_nor_the_others(say, caplog):
    broken, unfit, fine = say(
        b'{"channel":"a","operation":"break","arguments":{"pin":"4711"}}\n'
        b'{"channel":"a","operation":"unfit"}\n'
        b'{"channel":"a","operation":"ussd","arguments":{"text":"hello"}}\n'
    )

    assert (broken["code"], unfit["code"]) == ("internal_error", "internal_error")
    assert fine == {"ok": True, "result": {"said": "hello"}}


def test_no_secret_is_logged_even_if_the_operation_breaks(say, caplog):
    caplog.set_level(logging.DEBUG)

    say(b'{"channel":"a","operation":"break","arguments":{"pin":"4711"}}\n')

    assert "ValueError" in caplog.text
    assert "4711" not in caplog.text


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b"[]\n",
        b"\xff\n",
        b'{"channel":"a"}\n',
        b'{"channel":"a","operation":1}\n',
        b'{"channel":"a","operation":"ussd","arguments":{"text":1}}\n',
        b'{"channel":"a","operation":"ussd","more":1}\n',
        b"[" * 5000 + b"\n",
    ],
)
def test_what_is_no_request_is_told_so(say, devices, line):
    (answer,) = say(line)

    assert (answer["ok"], answer["code"]) == (False, "invalid_request")
    assert devices.asked == []


def test_a_line_that_is_too_long_ends_the_connection(say):
    (answer,) = say(b"x" * (LONGEST_LINE + 10) + b"\n{}\n")

    assert answer["code"] == "invalid_request"


def test_more_connections_than_there_may_be_are_refused(control, path):
    first = [RunningServer.at(path) for _ in range(16)]
    for one in first:
        one.operate("a", "ussd", {})
    try:
        with RunningServer.at(path) as surplus, pytest.raises(Failure, match="16 commands"):
            surplus.operate("a", "ussd", {})
    finally:
        for one in first:
            one.__exit__()


def test_a_slow_operation_keeps_nobody_else_waiting(control, path, devices):
    devices.hold.clear()
    with RunningServer.at(path) as slow, RunningServer.at(path) as other:
        asking = threading.Thread(target=slow.operate, args=("a", "ussd", {}))
        asking.start()
        assert devices.entered.wait(10)
        devices.hold.set()
        assert other.operate("b", "ussd", {"text": "quick"}) == {"said": "quick"}
        asking.join()


def test_the_socket_is_gone_when_it_is_closed(control, path):
    control.close()
    control.close()

    assert not path.exists()
    assert RunningServer.at(path) is None


def test_who_is_connected_when_it_closes_is_told(control, path, devices):
    with RunningServer.at(path) as server:
        server.operate("a", "ussd", {})
        control.close()

        with pytest.raises(Failure, match="the running server"):
            server.operate("a", "ussd", {})


def test_what_a_killed_server_left_behind_is_replaced(path, devices):
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    control = ControlSocket(path, operate=devices.operate)

    control.start()

    with RunningServer.at(path) as server:
        assert server.operate("a", "ussd", {}) == {"said": None}
    control.close()


def test_the_socket_of_a_living_server_is_left_to_it(control, path, devices, caplog):
    second = ControlSocket(path, operate=devices.operate)

    second.start()
    second.close()

    assert "another server listens there" in caplog.text
    with RunningServer.at(path) as server:
        server.operate("a", "ussd", {})


def test_a_file_that_is_no_socket_is_left_alone(path, devices, caplog):
    path.write_text("mine")
    control = ControlSocket(path, operate=devices.operate)

    control.start()
    control.close()

    assert path.read_text() == "mine"


def test_a_path_too_long_for_a_socket_is_told_with_the_way_out(tmp_path, devices, caplog):
    control = ControlSocket(tmp_path / ("x" * 100) / "control.sock", operate=devices.operate)

    control.start()
    control.close()

    assert "a shorter path" in caplog.text


class Awaited(logging.Handler):
    """Hears of the first line of a log."""

    def __init__(self):
        super().__init__()
        self.came = threading.Event()

    def emit(self, record):
        self.came.set()


def test_who_comes_while_no_file_can_be_opened_is_served_later(control, path):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    warning = Awaited()
    logging.getLogger("smscore_server.control").addHandler(warning)
    with socket.socket(socket.AF_UNIX) as line, line.makefile("rwb") as stream:
        line.settimeout(10)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            line.connect(str(path))
            warning.came.wait(10)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            logging.getLogger("smscore_server.control").removeHandler(warning)
        stream.write(b'{"channel":"a","operation":"ussd","arguments":{"text":"late"}}\n')
        stream.flush()

        assert json.loads(stream.readline()) == {"ok": True, "result": {"said": "late"}}


def test_a_name_makes_no_line_of_its_own_in_the_log(say, caplog):
    caplog.set_level(logging.DEBUG)

    say(b'{"channel":"a\\nERROR all is lost","operation":"ussd\\nERROR"}\n')

    assert not [record for record in caplog.records if "\n" in record.getMessage()]
