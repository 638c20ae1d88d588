"""
The files for installing: what they name is there, and what the machine can check holds.
"""

import importlib
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from smscore import Grace

# The few of udev(7)'s words that ours need.
MATCHES = re.compile(r'(ACTION|SUBSYSTEM|ATTRS\{\w+\}|ENV\{\w+\})=="[^"]*"')
ASSIGNMENTS = re.compile(
    r'(GOTO="\w+"|LABEL="\w+"|ENV\{\w+\}="\w*"|SYMLINK\+="[\w/%-]+"|GROUP="\w+"|MODE="0\d{3}")'
)


@pytest.fixture
def files(root: Path) -> list[Path]:
    return sorted(path for path in (root / "packaging").rglob("*") if path.is_file())


def build(root: Path, kind: str, target: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    backend = importlib.import_module("hatchling.build")
    monkeypatch.chdir(root)  # PEP 517: backends are called in the root of the source tree
    return target / getattr(backend, f"build_{kind}")(str(target))


def test_the_source_distribution_holds_them(root, files, tmp_path, monkeypatch):
    with tarfile.open(build(root, "sdist", tmp_path, monkeypatch)) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}

    assert {str(path.relative_to(root)) for path in files} <= held
    assert "docs/install.md" in held


def test_the_page_names_each_of_them(root, files):
    table = re.findall(r"^\| `(\S+)` \|", (root / "docs/install.md").read_text(), re.MULTILINE)

    assert sorted(table) == sorted(str(path.relative_to(root / "packaging")) for path in files)


def test_an_agent_is_shut_off_as_the_gateway_is(root):
    theirs = [
        set((root / f"packaging/systemd/{name}.service").read_text().splitlines())
        for name in ("smscore", "smscore-agent@")
    ]

    assert {
        line.partition("=")[0] for line in theirs[0] ^ theirs[1] if not line.startswith("#")
    } == {
        "Description",
        "Type",  # an agent has nobody who waits for it
        "WorkingDirectory",
        "ExecStart",
        "ExecReload",
        "WatchdogSec",
        "StateDirectory",
        "LimitNOFILE",
    }


@pytest.mark.parametrize(
    ("file", "setting"),
    [
        ("systemd/smscore.service", "TimeoutStopSec="),
        ("systemd/smscore-agent@.service", "TimeoutStopSec="),
        ("compose.yaml", "stop_grace_period: "),
    ],
)
def test_nobody_is_killed_while_something_that_hangs_is_waited_for(root, file, setting):
    waited = re.search(rf"{setting}(\d+)", (root / "packaging" / file).read_text())
    grace = Grace()
    beside = 6 + 10 + 10  # requests, mails, and the rights that are given back

    assert waited is not None
    # A transport may hang in its opening, and then another one in its close.
    longest = grace.step + 2 * grace.transport + grace.caller + beside
    assert int(waited[1]) >= longest


def test_the_image_is_built_from_what_it_copies(root, wheel: ZipFile, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.mkdir()
    image = (root / "packaging/Dockerfile").read_text()
    for names in re.findall(r"^COPY (?!--)(.*) \S+$", image, re.MULTILINE):
        for name in names.split():
            copy = shutil.copytree if (root / name).is_dir() else shutil.copy
            copy(root / name, source / name)

    with ZipFile(build(source, "wheel", tmp_path, monkeypatch)) as built:
        assert sorted(built.namelist()) == sorted(wheel.namelist())
    assert (source / "constraints.txt").exists()


def test_the_image_brings_the_extras_that_the_server_can_use(root):
    image = (root / "packaging/Dockerfile").read_text()
    (extras,) = re.findall(r"^ARG EXTRAS=(\S+)$", image, re.MULTILINE)
    (page,) = re.findall(r"its own: (.*?)\. ", (root / "docs/install.md").read_text(), re.DOTALL)

    assert extras.split(",") == re.findall(r"`(\w+)`", page)


def test_each_rule_of_udev_is_one(root):
    rules = (root / "packaging/udev/78-smscore.rules").read_text().splitlines()

    for rule in rules:
        for part in rule.split(", ") if rule and not rule.startswith("#") else ():
            assert MATCHES.fullmatch(part) or ASSIGNMENTS.fullmatch(part), rule


def test_the_rules_of_udev_end_where_they_say(root):
    rules = (root / "packaging/udev/78-smscore.rules").read_text()

    assert re.findall(r'GOTO="(\w+)"', rules) == re.findall(r'LABEL="(\w+)"', rules)


def test_udev_takes_its_rules(root):
    if shutil.which("udevadm") is None:
        pytest.skip("udevadm is not installed")
    checked = subprocess.run(
        ["udevadm", "verify", root / "packaging/udev/78-smscore.rules"],
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if re.search("Unknown command|Missing command", checked.stderr, re.IGNORECASE):
        pytest.skip("udevadm has verified rules since version 254")

    assert checked.returncode == 0, checked.stderr
