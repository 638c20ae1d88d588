import io
import json
import struct
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from apks import an_apk, certificate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smscore.errors import ConfigurationError, InvalidRequest
from smscore_apk import read_apk

MIB = 1 << 20
TOO_MUCH = "it is no APK: reading it takes more memory or time than any app should"

MEASURED = r"""
import json, re, resource, sys
from pathlib import Path
from smscore.errors import InvalidRequest
from smscore_apk import read_apk
try:
    said = read_apk(Path(sys.argv[1])).package
except InvalidRequest as refusal:
    said = str(refusal)
# Its own figure of the other kind would be that of whoever started it.
own = int(re.search(r"VmHWM:\s*([0-9]+) kB", Path("/proc/self/status").read_text())[1])
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([said, max(own, child) // 1024]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.apk"


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(InvalidRequest) as refused:
        read_apk(path)
    return str(refused.value)


def measured(path: Path) -> tuple[str, int]:
    """What is said of the file, and the most memory in MiB that any process took for it."""
    command = [sys.executable, "-P", "-c", MEASURED, str(path)]
    said, peak = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return said, peak


def bomb(path: Path, name: str, **apk) -> None:
    """An APK with a file that unpacks to a gigabyte of nothing."""
    whole = an_apk(signer=None, **apk)
    path.write_bytes(whole)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with zipfile.ZipFile(io.BytesIO(whole)) as before:
            for other in set(before.namelist()) - {name}:
                archive.writestr(other, before.read(other))
        with archive.open(name, "w") as file:
            for _ in range(1024):
                file.write(bytes(MIB))


# What an APK says of itself.


def test_an_apk_says_what_it_is(path: Path):
    path.write_bytes(an_apk(package="org.example.a_1", version="1.2.3 „ü“", code=2**31 - 1))

    read = read_apk(path)

    assert (read.package, read.version, read.code) == ("org.example.a_1", "1.2.3 „ü“", 2**31 - 1)
    assert read.certificates == (sha256(certificate("release")).hexdigest(),)


def test_the_file_may_be_called_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    path = Path("--help \n$(x).png")
    path.write_bytes(an_apk())

    assert read_apk(path).code == 1


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"signer": None}, "it is not signed: phones refuse it"),
        ({"version": None}, "its manifest has no versionName"),
        ({"code": None}, "its manifest has no versionCode"),
        ({"code": 2**31}, "its manifest has an unfit versionCode: '-2147483648'"),
        ({"package": "x"}, "its manifest has an unfit package: 'x'"),
        ({"package": "a.b/../c"}, "its manifest has an unfit package: 'a.b/../c'"),
        ({"version": "1\x1b[2J"}, "its manifest has an unfit versionName: '1\\x1b[2J'"),
        ({"version": ""}, "its manifest has an unfit versionName: ''"),
        (
            {"attributes": {"split": "config.de"}},
            "it is only a part of an app: publish one that is complete in itself",
        ),
    ],
)
def test_what_no_phone_could_install_is_refused(path: Path, made: dict, reason: str):
    assert refusal(path, an_apk(**made)) == reason


def test_a_refusal_is_short_whatever_the_manifest_says(path: Path):
    assert len(refusal(path, an_apk(version="x" * 30_000))) <= 200


def test_a_bundle_of_apks_is_refused(path: Path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("manifest.json", '{"package_name":"org.example.phone"}')
        archive.writestr("org.example.phone.apk", an_apk())

    reason = refusal(path, content.getvalue())

    assert reason == "it holds APKs, but is none: a phone could not install it"


def test_without_the_library_the_extra_is_named(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "apk_info", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'smscore\[apps\]'"):
        read_apk(path)


# Files that are none, or mean harm.


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        b"\x7fELF" + bytes(1000),
        b"PK\x03\x04",
        b"PK\x05\x06" + bytes(18),  # an archive of nothing
        b"PK\x05\x06" * 100_000,
        an_apk(manifest=b""),
        an_apk(manifest=b"<manifest package='org.example.phone'/>"),
        an_apk(manifest=struct.pack("<HHI", 3, 8, 0xFFFFFFFF)),
    ],
    ids=["empty", "png", "elf", "start", "nothing", "ends", "no", "text", "length"],
)
def test_what_is_no_apk_is_refused(path: Path, content: bytes):
    assert refusal(path, content).startswith("it is no APK: ")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_apk_is_refused(path: Path, share: float):
    whole = an_apk(files={"classes.dex": bytes(range(256)) * 100})

    assert refusal(path, whole[: int(len(whole) * share)]).startswith("it is no APK: ")


def test_a_sparse_file_of_two_gigabytes_is_refused_without_memory(path: Path):
    with path.open("wb") as file:
        file.truncate(2 << 30)

    said, peak = measured(path)

    assert said.startswith("it is no APK: ")
    assert peak < 100


def test_a_sparse_file_that_ends_like_an_archive_is_refused_without_memory(path: Path):
    with path.open("wb") as file:
        file.truncate(2 << 30)
        file.seek(0, io.SEEK_END)
        file.write(struct.pack("<I4H2IH", 0x06054B50, 0, 0, 65_535, 65_535, 2 << 30, 0, 0))

    said, peak = measured(path)

    assert said.startswith("it is no APK: ")
    assert peak < 300


def test_a_manifest_that_unpacks_to_a_gigabyte_is_refused_without_memory(path: Path):
    bomb(path, "AndroidManifest.xml")

    said, peak = measured(path)

    assert path.stat().st_size < 6 * MIB
    assert said == TOO_MUCH
    assert peak < 300


def test_resources_that_unpack_to_a_gigabyte_are_refused_without_memory(path: Path):
    bomb(path, "resources.arsc", version=0x7F010001)

    said, peak = measured(path)

    assert said.startswith("it")
    assert peak < 300


def test_other_files_are_not_unpacked(path: Path):
    bomb(path, "classes.dex")

    said, peak = measured(path)

    assert said == "it is not signed: phones refuse it"
    assert peak < 100


@pytest.mark.parametrize("place", [8, 10, 12, 16, 20])
def test_an_archive_whose_directory_is_elsewhere_does_no_harm(path: Path, place: int):
    whole = bytearray(an_apk())
    end = whole.rindex(b"PK\x05\x06")
    whole[end + place : end + place + 2] = b"\xff\xff"
    path.write_bytes(whole)

    said, peak = measured(path)

    assert said == "org.example.phone" or said.startswith("it is ")
    assert peak < 300


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_whatever_is_damaged_is_read_or_refused(path: Path, damage: list[tuple[float, int]]):
    whole = bytearray(an_apk())
    for place, value in damage:
        whole[int(place * (len(whole) - 1))] = value
    path.write_bytes(whole)

    try:
        said = read_apk(path).package
    except InvalidRequest as refused:
        said = str(refused)

    assert 0 < len(said) <= 255
