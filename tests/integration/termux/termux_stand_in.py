"""
A stand-in for ``termux-sms-send``: a real program, which does by the recipient what its table says.
"""

import json
import stat
import sys
import threading
from pathlib import Path

__all__ = ["Termux"]

_PROGRAM = """\
#!{python}
import json, os, signal, sys, time

arguments, text = sys.argv[1:], sys.stdin.buffer.read().decode()
number = arguments[arguments.index("-n") + 1]
with open({plan!r}) as file:
    steps = json.load(file).get(number, [])
for step in steps:
    match step:
        case "hang":
            open({hanging!r}, "w").close()
            signal.pause()
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case ["say", word]:
            print(word)
        case ["complain", word]:
            print(word, file=sys.stderr)
        case ["end", status]:
            sys.exit(status)
line = json.dumps({{"arguments": arguments, "text": text}}) + "\\n"
file = os.open({sent!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
os.write(file, line.encode())
"""


class Termux:
    """``program`` is its path, ``sent`` what left; ``plan`` says what happens to a number."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self.program = directory / "termux-sms-send"
        self._plan, self._sent = directory / "plan.json", directory / "sent"
        self._hanging = directory / "hanging"
        self.plan({})
        self.program.write_text(
            _PROGRAM.format(
                python=sys.executable,
                plan=str(self._plan),
                sent=str(self._sent),
                hanging=str(self._hanging),
            )
        )
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def plan(self, steps: dict[str, list[object]]) -> None:
        self._plan.write_text(json.dumps(steps))

    @property
    def sent(self) -> list[dict[str, object]]:
        if not self._sent.exists():
            return []
        return [json.loads(line) for line in self._sent.read_text().splitlines()]

    def wait_until_it_hangs(self) -> None:
        pause = threading.Event()
        for _ in range(1000):
            if self._hanging.exists():
                return
            pause.wait(0.01)
        raise AssertionError("the program was not run")
