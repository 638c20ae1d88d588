"""
The wheel holds the packages at the top level, marked as typed, and nothing else.

Other build backends, and other ways to write the mapping, build a wrong wheel without a warning.
"""

import configparser
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

PACKAGES = {
    "smscore",
    "smscore_agent",
    "smscore_apk",
    "smscore_cards",
    "smscore_client",
    "smscore_email",
    "smscore_http",
    "smscore_identity",
    "smscore_modem",
    "smscore_policy",
    "smscore_server",
    "smscore_smtp",
    "smscore_sqlmodel",
    "smscore_telegram",
    "smscore_termux",
    "smscore_tracing",
    "smscore_webhook",
}
FOLDERS = ("adapters", "clients", "entrypoints")
# Templates, static files and such are added here when a package brings them along.
SUFFIXES = {".json", ".py", ".typed", ".mako", ".toml", ".css", ".html", ".js", ".txt"}


@pytest.fixture(scope="module")
def files(wheel: ZipFile) -> list[str]:
    return [name for name in wheel.namelist() if ".dist-info/" not in name]


def read_metadata(wheel: ZipFile, name: str) -> str:
    (path,) = (one for one in wheel.namelist() if one.endswith(f".dist-info/{name}"))
    return wheel.read(path).decode()


def test_the_top_level_of_the_wheel_is_the_packages_and_their_metadata(wheel: ZipFile):
    top = {name.partition("/")[0] for name in wheel.namelist()}

    (metadata,) = (name for name in top if name.endswith(".dist-info"))
    assert top == PACKAGES | {metadata}


def test_every_file_in_the_wheel_is_of_a_kind_that_belongs_there(files: list[str]):
    strays = [name for name in files if Path(name).suffix not in SUFFIXES]

    assert not strays


def test_the_wheel_holds_what_postman_imports(files: list[str]):
    served = [Path(name).name for name in files if name.endswith(".json")]

    assert sorted(served) == ["collection.json", "environment.json"]


def test_the_wheel_holds_the_page_about_the_api_with_its_licence(files: list[str], root: Path):
    folder = root / "src/entrypoints/smscore_http/docs"

    served = {Path(name).name for name in files if name.startswith("smscore_http/docs/")}
    assert served == {path.name for path in folder.iterdir()}
    assert "swagger-ui.LICENSE.txt" in served


def test_the_wheel_holds_every_module_of_the_source_tree(files: list[str], root: Path):
    folders = [root / "src", *(root / f"src/{name}" for name in FOLDERS)]
    sources = {
        str(path.relative_to(folder))
        for folder in folders
        for package in folder.glob("smscore*")
        for path in package.rglob("*.py")
    }

    assert sources == {name for name in files if name.endswith(".py")}


def test_every_package_says_that_it_is_typed(files: list[str]):
    typed = {name.partition("/")[0] for name in files if name.endswith("/py.typed")}

    assert typed == PACKAGES


def test_the_bundled_plugins_register_through_the_same_group_as_strangers(wheel: ZipFile):
    entries = configparser.ConfigParser()
    entries.read_string(read_metadata(wheel, "entry_points.txt"))

    assert dict(entries["smscore.plugins"]) == {
        "email": "smscore_email",
        "identity": "smscore_identity",
        "modem": "smscore_modem",
        "policy": "smscore_policy",
        "telegram": "smscore_telegram",
        "termux": "smscore_termux",
        "webhook": "smscore_webhook",
        "sqlmodel": "smscore_sqlmodel",
    }


def test_the_command_line_is_the_only_program(wheel: ZipFile):
    entries = configparser.ConfigParser()
    entries.read_string(read_metadata(wheel, "entry_points.txt"))

    assert dict(entries["console_scripts"]) == {"smscore": "smscore_server.cli:main"}


def test_the_wheel_carries_the_licence(wheel: ZipFile):
    metadata = read_metadata(wheel, "METADATA")

    assert "License-Expression: Apache-2.0" in metadata
    assert "Apache License" in read_metadata(wheel, "licenses/LICENSE")


def test_no_dependency_is_given_by_address(wheel: ZipFile):
    required = re.findall(r"^Requires-Dist: (.+)$", read_metadata(wheel, "METADATA"), re.MULTILINE)

    assert required
    assert not [one for one in required if "@" in one]
