"""
Importing is cheap and has no consequences: the core alone brings none of the adapters along.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HEAVY = {
    "aiosmtpd",
    "alembic",
    "argon2",
    "asyncio",
    "click",
    "httpx2",
    "hypothesis",
    "idna",
    "jwt",
    "limits",
    "psycopg",
    "pydantic",
    "pytest",
    "re2",
    "serial",
    "smtplib",
    "sqlalchemy",
    "sqlmodel",
    "starlette",
    "uvicorn",
    "uvloop",
}


def imported_by(statement: str) -> set[str]:
    """The top-level names of what a fresh interpreter holds after the statement."""
    program = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(answer.stdout)}


def test_the_core_brings_no_bundled_package_along():
    found = imported_by("import smscore")

    assert {name for name in found if name.startswith("smscore_")} == set()


def test_the_core_brings_no_heavy_library_along():
    assert imported_by("import smscore") & HEAVY == set()


@pytest.mark.parametrize(
    "package",
    [
        "smscore_email",
        "smscore_identity",
        "smscore_modem",
        "smscore_policy",
        "smscore_telegram",
        "smscore_termux",
    ],
)
def test_naming_a_plugin_does_not_load_what_it_works_with(package: str):
    assert imported_by(f"import {package}") & HEAVY == set()


def test_whoever_wants_only_the_client_gets_little_else():
    found = imported_by("import smscore_client")

    assert found & HEAVY == set()
    assert {name for name in found if name.startswith("smscore")} == {"smscore_client"}


def test_importing_the_whole_core_starts_no_thread():
    program = (
        "import pkgutil, importlib, threading, smscore\n"
        "for one in pkgutil.walk_packages(smscore.__path__, 'smscore.'):\n"
        "    if '.testing' not in one.name: importlib.import_module(one.name)\n"
        "print(threading.active_count())"
    )
    answer = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "1"


def test_every_bundled_package_is_under_the_import_contracts(root: Path):
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    inner = ("adapters", "clients", "entrypoints")
    folders = [root / "src", *(root / f"src/{name}" for name in inner)]
    packages = {
        path.name for folder in folders for path in folder.glob("smscore*") if path.is_dir()
    }

    assert set(settings["root_packages"]) == packages
    by_number = {one["name"][0]: one for one in settings["contracts"]}
    adapters = {path.name for path in (root / "src/adapters").glob("smscore*")}
    assert set(by_number["6"]["source_modules"]) == adapters
    siblings = {name.strip() for layer in by_number["5"]["layers"] for name in layer.split("|")}
    assert siblings == packages - {"smscore"}
