"""
The files for installing, and their page, with the program itself: its commands run as they stand,
and the server bears what the service and the image ask of it.
"""

import ast
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pages import blocks, page

from smscore import GatewayConfig
from smscore_server._handover import HTTP

ROOT = Path(__file__).parents[3]
PAGE = page("install.md")
UNITS = ROOT / "packaging/systemd"
IMAGE = (ROOT / "packaging/Dockerfile").read_text("utf-8")
PATIENCE = 30.0

# prctl(2): memory is never both writable and executable, as MemoryDenyWriteExecute= has it. The
# kernel may be too old for it.
BOUND = """
import ctypes, os, sys
PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
    sys.exit("unknown to this kernel")
os.umask(0o077)
os.execv(sys.executable, [sys.executable, "-P", "-m", "smscore_server", *sys.argv[1:]])
"""


def setting(unit: str, name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", (UNITS / unit).read_text("utf-8"), re.MULTILINE)
    return str(value)


# Whoever runs them: nobody in particular, the service's user, the container.
COMMAND = re.compile(
    r"^(?:sudo -u smscore |sudo docker compose (?:run --rm|exec) smscore )?smscore (.+)",
    re.MULTILINE,
)
COMMANDS = [
    shlex.split(line)
    for block in blocks(PAGE, "sh")
    for line in COMMAND.findall(block.replace("run --rm smscore ", "run --rm smscore smscore "))
]


def test_the_commands_of_the_page_run_in_their_order(command, installation):
    (installation / "smscore.toml").unlink()  # in a container it is where commands begin
    for name in ("smscore.db", "smscore.key"):
        (installation / name).unlink()
    for words in COMMANDS:
        if "--store" in words:
            continue  # there is no PostgreSQL
        places = [word.replace("/var/lib", str(installation / "lib")) for word in words]

        result = command(*places)

        assert result.exit_code == 0 or words[0] == "check", f"{words}\n{result.output}"


def test_the_server_bears_what_its_service_demands(installation):
    program, *words = shlex.split(setting("smscore.service", "ExecStart"))
    places = [word.replace("/var/lib/smscore", str(installation)) for word in words]
    server = subprocess.Popen(
        [sys.executable, "-c", BOUND, *places, "--port", "0"],
        cwd=installation,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    said = server.stdout.readline()

    server.send_signal(signal.Signals[setting("smscore.service", "KillSignal")])
    _, log = server.communicate(timeout=int(setting("smscore.service", "TimeoutStopSec")))

    if "unknown to this kernel" in log:
        pytest.skip("the kernel is too old to forbid memory that is writable and executable")
    assert Path(program).name == "smscore"
    assert said.startswith("smscore answers on http://127.0.0.1:"), log
    assert server.returncode == 0, log


def test_a_reload_asks_first_whether_the_certificates_can_be_used(command, installation):
    first, second = re.findall(
        r"^ExecReload=(.*)$", (UNITS / "smscore.service").read_text("utf-8"), re.MULTILINE
    )
    _, *words = shlex.split(first)
    file = installation / "smscore.toml"
    places = [word.replace("/var/lib/smscore/smscore.toml", str(file)) for word in words]
    assert command(*places).exit_code == 0
    file.write_text('[http]\ncertificate = "missing.pem"\n')

    assert command(*places).exit_code == 1
    assert second == "/bin/kill -HUP $MAINPID"


def test_the_socket_of_systemd_is_where_the_server_is_without_it():
    config = GatewayConfig()

    assert setting("smscore.socket", "ListenStream") == f"{config.http.host}:{config.http.port}"
    assert setting("smscore.socket", "FileDescriptorName") == HTTP


def is_healthy(url: str) -> bool:
    """What the image's own check says of a server at that address."""
    (words,) = re.findall(r"HEALTHCHECK .*\n +CMD (\[.*\])", IMAGE)
    _, *arguments = ast.literal_eval(words)
    port = url.rpartition(":")[2]
    checked = subprocess.run(
        [sys.executable, *(word.replace("8080", port) for word in arguments)],
        stderr=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    return checked.returncode == 0


def test_the_image_is_healthy_while_messages_are_accepted(running_server):
    assert is_healthy(running_server.url)


def test_the_image_is_not_healthy_without_a_server():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens

        assert not is_healthy(f"http://127.0.0.1:{bound.getsockname()[1]}")


def test_the_image_serves_on_the_port_that_it_names(start, installation):
    (words,) = re.findall(r"^CMD (\[.*\])$", IMAGE, re.MULTILINE)
    server = start(*(word.replace("8080", "0") for word in ast.literal_eval(words)))

    assert server.line().startswith("smscore answers on http://0.0.0.0:")
    assert re.search(r"^EXPOSE 8080$", IMAGE, re.MULTILINE)
    assert server.stop() == 0
