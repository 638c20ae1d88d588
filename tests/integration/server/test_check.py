import json
import os
import shutil
import socket
import sqlite3
import tempfile
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
import serial

from smscore import GatewayConfig, build
from smscore.ports.clock import SystemClock
from smscore.testing.fakes import RecordingJournal, RecordingSink
from smscore_email.testing import FakeRelay
from smscore_modem.simulator.pytest import modem_simulator
from smscore_telegram import TelegramOptions, make_channel
from smscore_telegram.testing import FakeTelegram

__all__ = ["modem_simulator"]


@pytest.fixture
def findings(command):
    """What check says, by subject: verdict, detail and remedy."""

    def findings(*options, patience="0.3"):
        result = command("check", "--json", "--wait", patience, *options)
        document = json.loads(result.stdout)
        assert result.exit_code == (0 if document["ok"] else 1), result.output
        return {one["subject"]: one for one in document["findings"]}

    return findings


@pytest.fixture
def configure(installation):
    def configure(content):
        (installation / "smscore.toml").write_text(f"[http]\nport = 0\n{content}")

    return configure


@pytest.fixture
def broken_plugin(installation, monkeypatch, request):
    """An installed plugin that fails while it is imported."""
    code = getattr(request, "param", "1 / 0\n")
    place = installation / "packages"
    metadata = place / "broken-1.0.dist-info"
    metadata.mkdir(parents=True)
    (place / "broken_plugin.py").write_text(code)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[smscore.plugins]\nbroken = broken_plugin\n")
    monkeypatch.syspath_prepend(place)


def wrong(findings):
    return [name for name, one in findings.items() if one["verdict"] == "wrong"]


def test_an_installation_to_begin_with_has_nothing_wrong(findings, configure):
    configure("")

    found = findings()

    assert wrong(found) == []
    assert found["accounts"]["remedy"].startswith("smscore account create")
    assert found["webhooks"]["detail"] == "posted to public addresses"


def test_people_see_a_line_for_each_thing_and_how_to_mend_it(command, configure, installation):
    configure("")
    (installation / "smscore.key").chmod(0o644)

    result = command("check")

    assert result.exit_code == 1
    assert "WRONG  key file: " in result.stdout
    assert f"-> chmod 600 {installation}/smscore.key" in result.stdout


BOT = '[channels.bot]\ntransport = "telegram"\n'


@pytest.fixture
def open_place(installation, monkeypatch):
    """An installation where everybody can get at it: directories of tests shut others out."""
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(installation, place, dirs_exist_ok=True)
        Path(place).chmod(0o755)
        monkeypatch.chdir(place)
        yield Path(place)


def test_secrets_in_a_configuration_that_everybody_can_read_are_wrong(findings, open_place):
    (open_place / "smscore.toml").write_text(
        '[channels.m]\ntransport = "modem"\nport = "/nowhere"\npin = "4711"\n'
    )
    (open_place / "smscore.toml").chmod(0o640)
    assert "secrets" not in findings()

    (open_place / "smscore.toml").chmod(0o644)
    found = findings()["secrets"]

    assert found["verdict"] == "wrong"
    assert found["detail"] == "smscore.toml can be read by everybody on this machine"
    assert found["remedy"].startswith("chmod 600 smscore.toml")


def test_a_configuration_without_secrets_may_be_read_by_everybody(findings, open_place):
    (open_place / "smscore.toml").write_text(
        '[channels.m]\ntransport = "modem"\nport = "/nowhere"\n'
    )
    (open_place / "smscore.toml").chmod(0o644)

    assert "secrets" not in findings()


def test_a_directory_that_shuts_others_out_protects_what_is_in_it(findings, open_place):
    (open_place / "smscore.toml").write_text(
        '[channels.m]\ntransport = "modem"\nport = "/nowhere"\npin = "4711"\n'
    )
    (open_place / "smscore.toml").chmod(0o644)
    open_place.chmod(0o700)

    assert "secrets" not in findings()


def test_a_file_with_a_secret_that_everybody_can_read_is_wrong(findings, open_place):
    token = open_place / "bot.token"
    token.write_text("123456:AAH-x_yAAH-x_yAAH-x_y")
    token.chmod(0o644)
    bot = f'{BOT}token_file = "{token}"\nbase_url = "http://127.0.0.1:9"\n'
    (open_place / "smscore.toml").write_text(bot)

    assert findings()["secrets"]["detail"].startswith(f"{token} can be read by everybody")


def test_pipes_in_the_place_of_files_are_wrong_and_not_waited_for(start, configure, installation):
    (installation / "smscore.key").unlink()
    for name in ("bot", "agent", "cert.pem", "smscore.key"):
        os.mkfifo(installation / name, 0o600)
    configure(
        f'certificate = "cert.pem"\n{BOT}token_file = "{installation}/bot"\n'
        '[agent]\nserver = "http://127.0.0.1:9"\ntoken_file = "agent"\n'
    )

    said = json.loads(start("check", "--json", "--wait", "0.3").line())
    found = {one["subject"]: one for one in said["findings"]}

    for subject in ("certificate of [http]", "key file", "agent", "channel bot"):
        assert found[subject]["verdict"] == "wrong"
        assert "it is no regular file; put it into one" in found[subject]["detail"], subject


def test_a_token_is_found_where_the_configuration_is(
    findings, configure, installation, tmp_path_factory, monkeypatch
):
    (installation / "bot.token").write_text("no token")
    configure(f'{BOT}token_file = "bot.token"\nbase_url = "http://127.0.0.1:9"\n')
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    found = findings("--config", str(installation / "smscore.toml"))["channel bot"]

    assert f"{installation}/bot.token holds" in found["detail"]


def test_each_port_that_cannot_be_had_is_named(findings, installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (installation / "smscore.toml").write_text(
            f'[http]\nport = 0\ncertificate = "none"\nplain_port = {port}\n'
            f'[smtp]\ndomains = ["sms.example.org"]\nport = {port}\n'
        )
        found = findings()

    assert found["http"]["verdict"] == "ok"
    for subject, key in (("http without TLS", "plain_port"), ("mails", "[smtp] host and port")):
        assert found[subject]["detail"].startswith(f"port {port} of 127.0.0.1 is taken")
        assert key in found[subject]["remedy"]


def test_a_modem_that_answers_is_fine(findings, configure, start):
    simulator = start("simulate", "--modems", "1", "--json")
    port = json.loads(simulator.line())["modems"][0]["port"]
    configure(f'[channels.modem-1]\ntransport = "modem"\nport = "{port}"\n')

    found = findings(patience="30")

    assert wrong(found) == []
    assert found["channel modem-1"]["verdict"] == "ok"


def test_a_modem_that_is_not_there_is_wrong(findings, configure):
    configure('[channels.modem-1]\ntransport = "modem"\nport = "/nowhere/modem1"\n')

    assert wrong(findings()) == ["channel modem-1"]


@pytest.fixture
def telegram():
    with FakeTelegram() as telegram:
        yield telegram


@pytest.fixture
def configure_bot(configure, telegram):
    def configure_bot(**changes):
        lines = [f"{key} = '{value}'" for key, value in {**telegram.table, **changes}.items()]
        configure("\n".join(("[channels.bot]", *lines)) + "\n")

    return configure_bot


def test_a_bot_that_answers_is_fine(findings, configure_bot):
    configure_bot()

    found = findings(patience="30")

    assert wrong(found) == []
    assert found["channel bot"]["detail"] == "@test_bot"


def test_a_bot_whose_updates_somebody_else_fetches_is_wrong(findings, configure_bot, telegram):
    configure_bot()
    rival = make_channel("rival", TelegramOptions(token=telegram.token, base_url=telegram.url))
    rival.open(RecordingSink(), RecordingJournal())
    assert telegram.wait_for(lambda: telegram.asked("getUpdates"))

    try:
        found = findings(patience="30")
    finally:
        rival.close()

    assert wrong(found) == ["channel bot"]
    assert "something else fetches" in found["channel bot"]["detail"]


def test_a_bot_whose_token_is_wrong_needs_another_one(findings, configure_bot):
    configure_bot(token="7:wrong")

    found = findings(patience="30")

    assert wrong(found) == ["channel bot"]
    assert "no bot with this token" in found["channel bot"]["detail"]
    assert "@BotFather" in found["channel bot"]["remedy"]
    assert "7:wrong" not in str(found)


def test_a_bot_whose_host_cannot_be_reached_is_wrong(findings, configure_bot, telegram):
    configure_bot()
    telegram.close()

    found = findings(patience="1")

    assert wrong(found) == ["channel bot"]
    assert "cannot be reached" in found["channel bot"]["detail"]
    assert "base_url" in found["channel bot"]["remedy"]
    assert telegram.token not in str(found)


def test_a_channel_that_was_paused_is_a_note(findings, configure, command):
    configure('[channels.modem-1]\ntransport = "modem"\nport = "/nowhere/modem1"\n')
    command("channel", "pause", "modem-1", "--why", "new SIM card")

    note = findings()["queue modem-1"]

    assert (note["verdict"], note["detail"]) == ("note", "paused (new SIM card), with 0 messages")
    assert note["remedy"] == "smscore channel resume modem-1"


def test_messages_for_a_channel_that_is_gone_are_found(findings, configure, command):
    configure('[channels.modem-1]\ntransport = "modem"\nport = "/nowhere/modem1"\n')
    command("account", "create", "shop")
    command("send", "--account", "shop", "--to", "+491701234567", "hello")
    configure("")

    found = findings()

    assert wrong(found) == ["queue modem-1"]
    assert found["queue modem-1"]["detail"] == "1 message for a channel that is not configured"


def test_a_channel_that_is_set_up_wrongly_is_configured_nevertheless(findings, configure, command):
    configure('[channels.modem-1]\ntransport = "modem"\nport = "/nowhere/modem1"\n')
    command("account", "create", "shop")
    command("send", "--account", "shop", "--to", "+491701234567", "hello")
    configure('[channels.modem-1]\ntransport = "modme"\nport = "/nowhere/modem1"\n')

    assert wrong(findings()) == ["channel modem-1"]


def test_a_ledger_that_does_not_add_up_is_found(findings, configure, command, installation):
    configure("")
    command("account", "create", "shop", "--credits", "5")
    with sqlite3.connect(installation / "smscore.db") as database:
        database.execute("UPDATE smscore_ledger SET credits = 4")
    database.close()

    found = findings()

    assert wrong(found) == ["ledger of shop"]
    assert "sum to 4" in found["ledger of shop"]["detail"]


@pytest.mark.parametrize(
    ("content", "subject", "detail"),
    [
        ("[channels.a]\ntransport = 'modme'\nport = 'x'\n", "channel a", "modem"),
        ("[channels.a]\ntransport = 'modem'\nprot = 'x'\n", "channel a", "port"),
        ("[plugins]\nenabled = ['modme']\n", "plugins", "modem"),
        ("[stroe]\n", "configuration", "store"),
        ("[store]\nurl = 'sqlite:///nowhere/x.db'\n", "database", "nowhere"),
        ("[store]\nurl = 'nowhere'\n", "database", "nowhere"),
        ("[store]\nurl = 'mysql://nowhere/x'\n", "database", "mysql"),
    ],
)
def test_a_wrong_setting_is_found(findings, configure, content, subject, detail):
    configure(content)

    found = findings()

    assert wrong(found) == [subject]
    assert detail in found[subject]["detail"]
    assert found[subject]["remedy"]


def test_a_missing_database_is_found(findings, configure, installation):
    configure("")
    (installation / "smscore.db").unlink()

    found = findings()

    assert wrong(found) == ["database"]
    assert "smscore migrate" in found["database"]["remedy"]


@pytest.mark.parametrize("url", ["nowhere", "mysql://nowhere/x", "sqlite://nowhere/x"])
def test_who_names_no_database_is_not_told_to_migrate_it(findings, configure, url):
    configure(f"[store]\nurl = '{url}'\n")

    remedy = findings()["database"]["remedy"]

    assert "migrate" not in remedy
    assert "[store] url" in remedy


def test_who_has_a_damaged_database_is_not_told_to_migrate_it(findings, configure, installation):
    configure("")
    (installation / "smscore.db").write_text("no database")

    remedy = findings()["database"]["remedy"]

    assert "migrate" not in remedy
    assert "backup" in remedy


def test_each_fault_is_found_beside_the_others(findings, configure, installation):
    configure(
        '[channels.a]\ntransport = "modme"\n'
        '[channels.b]\ntransport = "modem"\nport = "/nowhere"\n'
        '[groups.both]\nchannels = ["a", "b"]\n'
    )
    (installation / "smscore.key").chmod(0o644)

    assert wrong(findings()) == ["key file", "channel a", "channel b"]

    (installation / "smscore.db").unlink()

    assert wrong(findings()) == ["key file", "channel a", "database"]


def test_a_lock_that_cannot_be_taken_is_not_a_running_server(findings, configure, installation):
    configure("")
    lock = installation / "smscore.db.lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()

    found = findings()

    assert wrong(found) == ["server"]
    assert str(lock) in found["server"]["detail"]


@pytest.mark.parametrize("file", ["missing.toml", "smscore.toml/below", "."])
def test_a_configuration_that_cannot_be_read_is_a_usage_error(command, file):
    result = command("check", "--config", file)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "--config" in result.stderr


def test_a_plugin_that_breaks_is_a_finding(findings, configure, broken_plugin):
    configure("")

    found = findings()

    assert wrong(found) == ["plugins"]
    assert "broken" in found["plugins"]["detail"]
    assert "[plugins] enabled" in found["plugins"]["remedy"]


@pytest.mark.parametrize("broken_plugin", ["1 / 0\n", "raise SystemExit(3)\n"], indirect=True)
def test_a_plugin_that_breaks_is_one_line_to_other_commands(command, broken_plugin):
    result = command("account", "list")

    assert result.exit_code == 1
    assert result.stderr.startswith("error: the plugin 'broken' cannot be imported: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_key_file_is_found_and_not_replaced(findings, configure, installation):
    configure("")
    (installation / "smscore.key").unlink()

    assert wrong(findings()) == ["key file"]
    assert not (installation / "smscore.key").exists()


def test_a_rule_may_have_outlived_its_channel(findings, configure, command, installation):
    configure('[channels.modem-1]\ntransport = "modem"\nport = "/nowhere"\n')
    (installation / "rules.toml").write_text(
        '[[routes]]\nname = "all"\nchannels = ["modem-1", "phones"]\n'
    )
    assert command("rules", "apply", "rules.toml").exit_code == 0
    configure("")

    assert wrong(findings()) == ["rule all"]


def test_received_messages_must_belong_to_an_account_that_exists(command, configure):
    configure('[channels.modem-1]\ntransport = "modem"\nport = "/nowhere"\naccount = "shop"\n')

    result = command("check", "--wait", "0")

    assert "its messages belong to 'shop', which is no account" in result.stdout
    assert "-> smscore account create shop" in result.stdout


def test_a_port_that_another_program_has_is_found(findings, installation):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        (installation / "smscore.toml").write_text(f"[http]\nport = {port}\n")

        found = findings()

    assert wrong(found) == ["http"]
    assert str(port) in found["http"]["detail"]


def test_a_running_server_is_asked_how_its_channels_are(findings, configure, start):
    simulator = start("simulate", "--modems", "1", "--json")
    port = json.loads(simulator.line())["modems"][0]["port"]
    configure(
        f'[channels.modem-1]\ntransport = "modem"\nport = "{port}"\n'
        '[channels.modem-2]\ntransport = "modem"\nport = "/nowhere"\n'
    )
    start("serve").line()

    found = findings(patience="3")

    assert "running" in found["server"]["detail"]
    assert wrong(found) == ["channel modem-2"]
    assert found["channel modem-1"]["detail"] == "ready"


class Earlier(SystemClock):
    def now(self):
        return super().now() - timedelta(minutes=2)


def test_a_server_that_lost_its_power_is_wrong_until_it_was_started_again(
    command, configure, start, installation
):
    configure("")
    dead = build(GatewayConfig.from_toml(installation / "smscore.toml"), clock=Earlier())
    dead.servers.appear()
    dead.store.close()  # and no word to anybody

    assert "is not heard of since" in (silent := command("check")).stdout
    start("serve").line()
    result = command("check")

    assert (silent.exit_code, result.exit_code) == (1, 0), result.output
    assert "ended without a word after" in result.stdout


def test_a_server_without_a_control_socket_is_noted(findings, configure, start, installation):
    configure("")
    start("serve").line()
    assert "control socket" not in findings()

    (installation / "control.sock").unlink()

    assert findings()["control socket"]["verdict"] == "note"


def test_nobody_waits_for_channels_that_a_command_holds(findings, configure, installation):
    configure('[channels.modem-1]\ntransport = "modem"\nport = "/nowhere"\n')
    with build(GatewayConfig.from_toml(installation / "smscore.toml")) as holder, holder.holding():
        began = monotonic()

        found = findings(patience="60")

        assert monotonic() - began < 60
    assert "a command ends by itself" in found["control socket"]["remedy"]


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        ("pin", "smscore modem pin --modem modem-1"),
        ("puk", "enter the PUK"),
        ("no_sim", "is a SIM inserted"),
        ("no_registration", "antenna"),
        ("lost_centre", "centre = "),
    ],
)
def test_what_is_wrong_with_a_modem_is_told_with_the_way_out(
    findings, configure, modem_simulator, fault, remedy
):
    modem_simulator.begin_fault(fault)
    configure(f'[channels.modem-1]\ntransport = "modem"\nport = "{modem_simulator.ports[0]}"\n')

    found = findings(patience="1")

    assert wrong(found) == ["channel modem-1"]
    assert remedy in found["channel modem-1"]["remedy"]


def test_a_modem_that_another_program_uses_is_told(findings, configure, modem_simulator):
    port = modem_simulator.ports[0]
    configure(f'[channels.modem-1]\ntransport = "modem"\nport = "{port}"\n')

    with serial.Serial(port, exclusive=True):
        found = findings(patience="0.5")

    assert "in use by" in found["channel modem-1"]["detail"]


def test_a_path_that_no_socket_can_have_is_found(findings, configure, installation):
    long = installation / ("x" * 100)
    long.mkdir()
    (installation / "smscore.db").rename(long / "smscore.db")
    configure(f'[store]\nurl = "sqlite:///{long}/smscore.db"\n')

    found = findings()

    assert wrong(found) == ["control socket"]
    assert "shorter path" in found["control socket"]["detail"]


MAILS = '[smtp]\ndomains = ["sms.example.org"]\n'


def test_a_door_for_mails_is_looked_at(findings, configure, command):
    command("account", "create", "shop")
    configure(MAILS + '[[smtp.clients]]\naccount = "shop"\n')

    found = findings()

    assert found["smtp"]["verdict"] == "ok"
    assert found["smtp"]["detail"] == "for sms.example.org on 127.0.0.1:2525"


@pytest.mark.parametrize(
    ("table", "detail"),
    [
        ("[smtp]\nport = 2525\n", "domains"),
        (MAILS + "prot = 1\n", "did you mean 'port'"),
        (MAILS + '[[smtp.clients]]\naccount = "nobody"\n', "'nobody', which is no account"),
        (MAILS + '[smtp.inboxes]\n"a@b.example" = "nobody"\n', "'nobody', which is no account"),
        (
            MAILS + '[[smtp.clients]]\naccount = "shop"\nnetworks = ["0.0.0.0/0"]\n',
            "whoever reaches it may send",
        ),
    ],
)
def test_what_is_wrong_with_a_door_for_mails_is_found(findings, configure, command, table, detail):
    command("account", "create", "shop")
    configure(table)

    found = findings()

    assert wrong(found) == ["smtp"]
    assert detail in found["smtp"]["detail"]
    assert found["smtp"]["remedy"]


def test_proxies_that_may_be_anybody_are_found(findings, configure):
    configure('trusted_proxies = ["0.0.0.0/0"]\npublic_url = "https://sms.example.org"\n')

    found = findings()

    assert wrong(found) == ["proxies"]
    assert "0.0.0.0/0 is trusted" in found["proxies"]["detail"]


def test_who_has_a_proxy_is_asked_where_that_is(findings, configure):
    configure('trusted_proxies = ["10.0.0.1", "unix"]\n')

    assert findings()["proxies"]["verdict"] == "note"


def test_a_certificate_for_mails_that_is_not_there_is_found(findings, configure):
    configure(MAILS + 'certificate = "nowhere.pem"\n')

    found = findings()

    assert wrong(found) == ["certificate of [smtp]"]
    assert "nowhere.pem" in found["certificate of [smtp]"]["detail"]


def test_a_door_that_only_this_machine_can_use_is_noted(findings, configure):
    configure(MAILS)

    assert findings()["smtp"]["verdict"] == "note"


@pytest.fixture
def relay():
    with FakeRelay(users={"gateway": "relay-word"}) as relay:
        yield relay


@pytest.fixture
def configure_mail(configure, relay):
    def configure_mail(**changes):
        lines = [
            f"{key} = {value!r}" if isinstance(value, int) else f"{key} = '{value}'"
            for key, value in {**relay.table, **changes}.items()
        ]
        configure("\n".join(("[channels.mail]", *lines)) + "\n")

    return configure_mail


def test_a_relay_that_would_take_mail_is_fine_and_gets_none(findings, configure_mail, relay):
    configure_mail()

    found = findings(patience="30")

    assert wrong(found) == []
    assert "takes mail from gateway@sender.example" in found["channel mail"]["detail"]
    assert relay.mails == []


def test_a_relay_that_knows_another_password_is_wrong(findings, configure_mail):
    configure_mail(password="another-word")

    found = findings(patience="30")

    assert wrong(found) == ["channel mail"]
    assert "does not let gateway in" in found["channel mail"]["detail"]
    assert "password_file" in found["channel mail"]["remedy"]
