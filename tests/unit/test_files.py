"""
Files that an operator names: what is none is refused, not waited for.
"""

import os
from pathlib import Path

import pytest

from smscore.files import open_file


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
