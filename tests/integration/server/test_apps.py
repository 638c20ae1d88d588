import fcntl
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from apks import an_apk, certificate

CERTIFICATE = sha256(certificate("release")).hexdigest()


@pytest.fixture
def apk(installation: Path):
    """Writes an APK into the installation; its name."""

    def apk(name="phone.apk", **made) -> str:
        (installation / name).write_bytes(an_apk(**made))
        return name

    return apk


@pytest.fixture
def files(installation: Path):
    """The names of the files of published apps."""
    return lambda: sorted(path.name for path in (installation / "apps").iterdir())


def refused(result) -> str:
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


def test_a_published_version_is_listed_with_all_that_is_known(answer, apk, installation: Path):
    content = (installation / apk(code=5, version="1.2.0")).read_bytes()
    digest = sha256(content).hexdigest()

    published = answer("app", "publish", "phone.apk", "--notes", "- Bug fixes")

    assert answer("app", "list") == [published]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", published.pop("published_at"))
    assert published == {
        "code": 5,
        "version": "1.2.0",
        "package": "org.example.phone",
        "state": "published",
        "size": len(content),
        "downloads": 0,
        "notes": "- Bug fixes",
        "withdrawn_at": None,
        "sha256": digest,
        "certificates": [CERTIFICATE],
        "file": str(installation / f"apps/{digest}.apk"),
    }
    assert (installation / f"apps/{digest}.apk").read_bytes() == content


def test_a_first_version_that_is_not_active_is_said_to_be_so(command, apk):
    result = command("app", "publish", apk(code=5))

    assert result.stdout.endswith("\nNo version is active yet: smscore app activate 5\n")


def test_versions_are_activated_and_withdrawn(answer, apk, files):
    answer("app", "publish", apk(code=1), "--activate")
    answer("app", "publish", apk(code=2), "--activate")
    assert answer("app", "activate", "1")["state"] == "active"

    withdrawn = answer("app", "withdraw", "2")

    assert (withdrawn["state"], withdrawn["file"]) == ("withdrawn", None)
    assert [one["state"] for one in answer("app", "list")] == ["withdrawn", "active"]
    assert files() == [f"{answer('app', 'list')[1]['sha256']}.apk"]


@pytest.mark.parametrize("verb", ["activate", "withdraw"])
def test_a_version_that_is_not_there_is_said_on_one_line(command, verb):
    assert "there is no published version of code 9" in refused(command("app", verb, "9"))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"code": 5}, "version code 5 is not higher than 5"),
        ({"code": 4}, "version code 4 is not higher than 5"),
        ({"code": 6, "signer": "other"}, "signed differently than version code 5"),
        ({"code": 6, "package": "org.example.other"}, "it is the app org.example.other"),
    ],
)
def test_what_phones_would_not_take_is_published_by_force_only(
    command, answer, apk, files, made, reason
):
    answer("app", "publish", apk(code=5))
    before = files()

    said = refused(command("app", "publish", apk("new.apk", files={"a": b"b"}, **made)))

    assert said.startswith("error: new.apk: ")
    assert reason in said
    assert said.endswith("--force publishes it nevertheless\n")
    assert files() == before
    answer("app", "publish", "new.apk", "--force")
    assert made["code"] in [one["code"] for one in answer("app", "list")]


def test_all_that_force_would_pass_over_is_told(command, answer, apk):
    answer("app", "publish", apk(code=5))

    other = refused(command("app", "publish", apk("a.apk", code=4, package="org.example.other")))
    foreign = refused(command("app", "publish", apk("b.apk", code=4, signer="other")))

    for said, reason in ((other, "it is the app org.example.other"), (foreign, "signed differe")):
        assert "version code 4 is not higher than 5" in said
        assert reason in said
        assert said.count("--force publishes it nevertheless") == 1


def test_the_file_of_a_replaced_version_is_removed(answer, apk, files):
    answer("app", "publish", apk(code=5))
    answer("app", "publish", apk(code=5, files={"more": b"x"}), "--force")

    assert files() == [f"{answer('app', 'list')[0]['sha256']}.apk"]


def test_what_is_no_apk_is_refused_and_leaves_nothing(command, installation: Path, files):
    (installation / "photo.apk").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))

    said = refused(command("app", "publish", "photo.apk", "--force"))

    assert said.startswith("error: photo.apk: it is no APK: ")
    assert files() == []


def test_two_gigabytes_are_refused_unread(command, installation: Path, files):
    with (installation / "large.apk").open("wb") as file:
        file.truncate(2 << 30)

    said = refused(command("app", "publish", "large.apk"))

    assert said == "error: large.apk: it has more than 512 MiB, which no app should have\n"
    assert files() == []


def test_what_is_no_file_is_refused(command, installation: Path):
    os.mkfifo(installation / "pipe.apk")

    for name in ("pipe.apk", "/dev/zero", "."):
        said = refused(command("app", "publish", name))
        assert said == f"error: {name}: it is no file\n"
    assert "No such file or directory" in refused(command("app", "publish", "nothing.apk"))


def test_notes_come_from_a_file_or_standard_input(command, answer, apk, installation: Path):
    (installation / "notes.txt").write_text("- schön\n- neu\n")
    given = answer("app", "publish", apk(code=1), "--notes-file", "notes.txt")
    assert given["notes"] == "- schön\n- neu"

    command("app", "publish", apk(code=2), "--notes-file", "-", stdin="typed\n")
    assert answer("app", "list")[0]["notes"] == "typed"


def test_notes_are_given_once_and_have_an_end(command, apk, installation: Path):
    (installation / "notes.txt").write_text("x" * 10_001)
    result = command("app", "publish", apk(), "--notes", "a", "--notes-file", "notes.txt")
    assert result.exit_code == 2
    assert "not both" in result.stderr

    for options in (("--notes", "x" * 10_001), ("--notes-file", "notes.txt")):
        said = refused(command("app", "publish", "phone.apk", *options))
        assert "the notes are longer than 10000 characters" in said


def test_a_file_of_notes_that_is_not_there_is_said_to_be_so(command, apk):
    result = command("app", "publish", apk(), "--notes-file", "b")

    assert result.exit_code == 2
    assert "'b' does not exist" in result.stderr


def test_two_commands_do_not_publish_at_the_same_time(command, apk, installation: Path):
    (installation / "apps").mkdir()
    descriptor = os.open(installation / "apps", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    said = refused(command("app", "publish", apk()))

    os.close(descriptor)
    assert "another command publishes or withdraws an app" in said
    assert command("app", "publish", "phone.apk").exit_code == 0


def test_what_an_interrupted_command_left_is_removed(answer, apk, installation: Path, files):
    (installation / "apps").mkdir()
    for name in (f"{'a' * 64}.apk", ".draft"):
        (installation / "apps" / name).write_bytes(b"half")

    published = answer("app", "publish", apk())

    assert files() == [f"{published['sha256']}.apk"]


def test_files_are_where_the_configuration_says(answer, apk, installation: Path):
    (installation / "smscore.toml").write_text('[apps]\ndirectory = "elsewhere/apks"\n')

    published = answer("app", "publish", apk())

    assert Path(published["file"]).parent == installation / "elsewhere/apks"
    assert Path(published["file"]).stat().st_mode & 0o777 == 0o644


def test_apks_that_the_operator_keeps_in_the_same_directory_stay(answer, apk, installation: Path):
    (installation / "smscore.toml").write_text('[apps]\ndirectory = "."\n')
    for name in ("draft.apk", "phone-1.2.apk"):
        apk(name, code=2)
    before = {path: path.read_bytes() for path in installation.glob("*.apk")}

    answer("app", "publish", "draft.apk")
    answer("app", "withdraw", "2")

    assert {path: path.read_bytes() for path in installation.glob("*.apk")} == before


def test_check_finds_files_that_are_gone_or_damaged(command, answer, apk, installation: Path):
    def finding():
        document = json.loads(command("check", "--json", "--wait", "0").stdout)
        return [one for one in document["findings"] if one["subject"].startswith("app")]

    assert finding() == []
    file = Path(answer("app", "publish", apk(code=5, version="1.2.0"))["file"])
    assert finding()[0]["remedy"] == "smscore app activate 5"
    answer("app", "activate", "5")
    assert finding()[0]["detail"] == "1 version, active is 1.2.0 (5)"

    file.write_bytes(bytes(file.stat().st_size))
    (found,) = finding()
    assert (found["subject"], found["verdict"]) == ("app 5", "wrong")
    assert found["detail"] == f"{file} is damaged"

    file.unlink()
    (found,) = finding()
    assert found["detail"] == f"{file}: No such file or directory"
    assert found["remedy"].startswith("publish the APK again with --force")

    answer("app", "publish", "phone.apk", "--force")
    assert finding()[0]["detail"] == "1 version, active is 1.2.0 (5)"


def test_a_running_server_offers_what_is_published_beside_it(start, answer, apk, installation):
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    assert httpx2.get(f"{url}/api/app-version").status_code == 404
    content = (installation / apk(code=5, files={"dex": os.urandom(1 << 20)})).read_bytes()
    answer("app", "publish", "phone.apk", "--activate")

    said = httpx2.get(f"{url}/api/app-version").json()
    downloaded = httpx2.get(said["downloadUrl"])

    assert said["downloadUrl"] == f"{url}/download/app.apk"
    assert downloaded.content == content
    assert server.stop() == 0
    assert answer("app", "list")[0]["downloads"] == 1


def test_downloads_that_are_cut_off_do_not_count(start, answer, apk):
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    size = 30 << 20  # more than the sockets between us hold
    answer("app", "publish", apk(files={"dex": os.urandom(size)}), "--activate")

    with httpx2.stream("GET", f"{url}/download/app.apk") as reply:
        next(reply.iter_raw())
    ranges = [f"bytes={first}-" for first in (size, size // 2)]
    parts = [httpx2.get(f"{url}/api/download/1", headers={"range": one}) for one in ranges]

    assert [part.status_code for part in parts] == [206, 206]
    assert server.stop() == 0
    assert answer("app", "list")[0]["downloads"] == 0


@pytest.mark.slow
def test_downloads_under_way_do_not_keep_a_server_from_its_end(start, answer, apk):
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    answer("app", "publish", apk(files={"dex": os.urandom(30 << 20)}), "--activate")

    with httpx2.stream("GET", f"{url}/download/app.apk") as reply:
        pieces = reply.iter_raw()  # by a name: else it would be closed
        next(pieces)
        said = server.end()

    assert "connections cut off with requests under way: 1" in said
    assert "Traceback" not in said
    assert answer("app", "list")[0]["downloads"] == 0


# Publishing is interrupted.


def test_a_full_disk_is_said_on_one_line_and_leaves_nothing(apk, installation: Path, files):
    apk(files={"dex": os.urandom(1 << 20)})
    publish = [sys.executable, "-P", "-m", "smscore_server", "app", "publish", "phone.apk"]

    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 1024; exec "$@"', "sh", *publish],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == f"error: {installation}/apps/.draft: File too large\n"
    assert files() == []


@pytest.mark.parametrize("seconds", [0.15, 0.2, 0.25, 0.3, 0.35, 0.4])
def test_whenever_publishing_is_killed_what_is_listed_is_whole(
    command, answer, apk, installation: Path, files, seconds
):
    apk(files={"dex": os.urandom(8 << 20)})
    publish = [sys.executable, "-P", "-m", "smscore_server", "app", "publish", "phone.apk"]
    process = subprocess.Popen(publish, stdout=subprocess.DEVNULL)

    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()

    for one in answer("app", "list"):
        assert sha256(Path(one["file"]).read_bytes()).hexdigest() == one["sha256"]
    # Whatever is left of it is in nobody's way.
    (listed,) = answer("app", "list") or [answer("app", "publish", "phone.apk")]
    answer("app", "publish", "phone.apk", "--force")
    assert files() == [f"{listed['sha256']}.apk"]
