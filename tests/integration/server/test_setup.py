import stat

from click.testing import CliRunner

from smscore_server.cli import smscore


def made_files(directory):
    return [path for path in directory.rglob("*") if path.is_file()]


def test_init_makes_a_directory_that_check_finds_nothing_wrong_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    made = CliRunner().invoke(smscore, ["init", "--dir", "new/place"])
    checked = CliRunner().invoke(smscore, ["check", "--config", "new/place/smscore.toml"])

    assert made.exit_code == 0, made.output
    assert "WRONG" not in checked.output.replace("WRONG  http", "")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made_files(tmp_path)}
    assert {"smscore.toml", "smscore.db", "smscore.key"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_init_overwrites_nothing(command, installation):
    before = {path: path.read_bytes() for path in installation.iterdir()}

    result = command("init")

    assert result.exit_code == 1
    assert "stays as it is" in result.stderr
    assert {path: path.read_bytes() for path in installation.iterdir()} == before


def test_init_can_be_repeated_after_it_failed(tmp_path):
    (tmp_path / "smscore.db").write_text("no database")

    failed = CliRunner().invoke(smscore, ["init", "--dir", str(tmp_path)])
    (tmp_path / "smscore.db").unlink()
    repeated = CliRunner().invoke(smscore, ["init", "--dir", str(tmp_path)])

    assert (failed.exit_code, len(failed.stderr.splitlines())) == (1, 1)
    assert repeated.exit_code == 0, repeated.output


def test_init_cannot_be_told_two_places(command):
    assert command("init", "--dir", "x", "--config", "y.toml").exit_code == 2


def test_a_place_that_cannot_be_written_is_an_error(command, installation):
    (installation / "file").touch()

    result = command("init", "--config", "file/smscore.toml")

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_without_a_configuration_the_way_to_one_is_shown(command, installation):
    (installation / "smscore.toml").unlink()

    result = command("account", "list")

    assert result.exit_code == 1
    assert "smscore init" in result.stderr


def test_the_environment_can_name_the_configuration(command, installation, answer):
    answer("account", "create", "shop")
    (installation / "smscore.toml").rename(installation / "other.toml")

    result = command("account", "list", environment={"SMSCORE_CONFIG": "other.toml"})

    assert "shop" in result.stdout


def test_an_unknown_setting_is_an_error_that_names_the_nearest(command, installation):
    (installation / "smscore.toml").write_text("[http]\nprot = 80\n")

    result = command("account", "list")

    assert result.exit_code == 1
    assert "'port'" in result.stderr


def test_migrate_makes_a_missing_database(command, installation, answer):
    (installation / "smscore.db").unlink()
    assert command("account", "list").exit_code == 1

    assert command("migrate").exit_code == 0
    assert answer("account", "list") == []


def test_migrate_keeps_what_is_there(answer):
    answer("account", "create", "shop")

    answer("migrate")

    assert [one["name"] for one in answer("account", "list")] == ["shop"]


def test_plugins_are_listed_with_what_is_enabled(answer, installation):
    (installation / "smscore.toml").write_text("[plugins]\nenabled = ['sqlmodel']\n")

    listed = {one["name"]: one for one in answer("plugins")}

    assert {"modem", "sqlmodel", "identity", "policy"} <= set(listed)
    assert [name for name, one in listed.items() if one["enabled"]] == ["sqlmodel"]


def test_plugins_are_listed_without_an_installation(command, installation):
    (installation / "smscore.toml").unlink()

    assert "smscore_modem" in command("plugins").stdout
