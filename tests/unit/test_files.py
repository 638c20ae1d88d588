"""
Files that an operator names: what is none is refused, not waited for.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smscore import GatewayConfig
from smscore.errors import ConfigurationError
from smscore.files import open_file
from smscore.rulebook import read_rulebook


def test_a_file_is_opened_also_by_another_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")

    with open_file(tmp_path / "link") as file:
        assert file.read() == b"content"


@pytest.mark.parametrize("name", ["pipe", "directory", "device"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    (tmp_path / "device").symlink_to(os.devnull)

    with pytest.raises(OSError, match="no regular file; put it into one"):
        open_file(tmp_path / name)


def test_what_is_not_there_is_called_that(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "none")


@pytest.mark.parametrize("read", [GatewayConfig.from_toml, read_rulebook])
def test_settings_and_rules_that_never_end_are_refused(read: Callable[[Path], object]) -> None:
    with pytest.raises(ConfigurationError, match=r"/dev/zero: it is longer than 16 MiB"):
        read(Path("/dev/zero"))


def test_rules_come_by_a_pipe_as_well(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with ThreadPoolExecutor() as other:
        written = other.submit(pipe.write_text, "routes = []\n")
        assert not read_rulebook(pipe).routes
    assert written.result()


def test_a_file_that_is_too_long_to_be_settings_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "disk.img"
    with file.open("wb") as image:
        image.truncate(1 << 40)

    with pytest.raises(ConfigurationError, match=r"disk\.img: it is longer than 16 MiB"):
        GatewayConfig.from_toml(file)
