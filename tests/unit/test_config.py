import re
import tomllib
from pathlib import Path

import attrs
import pytest

from smscore.config import GatewayConfig, HttpConfig
from smscore.domain.policies import DoubtPolicy
from smscore.errors import ConfigurationError
from smscore.options import is_absolute, is_given


def parse(text: str) -> GatewayConfig:
    return GatewayConfig.from_mapping(tomllib.loads(text), directory=Path("/srv/sms"))


def test_an_empty_file_is_a_configuration() -> None:
    config = parse("")

    assert config.tariffs["standard"].provider_per_second == 10
    assert config.tariffs["unlimited"].provider_per_second is None


def test_a_relative_database_is_where_the_configuration_is() -> None:
    assert parse("").store_url == "sqlite:////srv/sms/smscore.db"


def test_what_is_not_ours_in_a_channels_table_belongs_to_its_transport() -> None:
    config = parse('[channels.m1]\ntransport = "modem"\nport = "/dev/ttyUSB0"\nprice = 2')

    assert config.channels["m1"].price == 2
    assert config.channels["m1"].options == {"port": "/dev/ttyUSB0"}


def test_a_channel_may_have_policies_of_its_own() -> None:
    config = parse(
        '[channels.m1]\ntransport = "modem"\nin_doubt = "resend"\n'
        "[channels.m1.retry]\nmax_attempts = 3"
    )

    channel = config.channels["m1"]
    assert (channel.in_doubt, channel.retry.max_attempts) == (DoubtPolicy.RESEND, 3)
    assert channel.options == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            '[channels.m1]\ntransport = "modem"\nin_doubt = "maybe"',
            "in_doubt: must be one of indeterminate, resend, fail, not 'maybe'",
        ),
        (
            '[channels.m1]\ntransport = "modem"\n[channels.m1.retry]\nmax_attempts = 0',
            "channels.m1.retry: max_attempts must be between 1 and 1000, not 0",
        ),
        ("[stor]", "unknown key 'stor'; did you mean 'store'"),
        ("[http]\nprot = 80", r"\[http\] has an unknown key 'prot'; did you mean 'port'"),
        ("[tariffs.x]\nper_second = 1", r"\[tariffs.x\] has an unknown key 'per_second'"),
        ('[http]\nport = "80"', "http.port: must be a whole number, not '80'"),
        ("[http]\nport = true", "http.port: must be a whole number, not True"),
        ("[channels.m1]\nprice = 1", "channels.m1.*transport"),
        ('[channels."a b"]\ntransport = "x"', "'a b' cannot name a channel"),
        ("[groups.g]\nchannels = []", r"\[groups.g\] has no channels"),
        ('[groups.g]\nchannels = ["m1"]', r"\[groups.g\] names the channel 'm1'"),
        ('[channels.phones]\ntransport = "x"', "'phones' is taken"),
        ("[http]\nsubmit_timeout = 0", "submit_timeout must be between 0.01 and 60"),
        ("[http]\nsubmit_timeout = nan", "submit_timeout must be between 0.01 and 60, not nan"),
        ("[http]\nsubmit_timeout = inf", "submit_timeout must be between 0.01 and 60, not inf"),
        ("[http]\nport = 99999", r"\[http\] port must be between 0 and 65535, not 99999"),
        ('[http]\nhost = "a\\u0000b"', r"\[http\] host cannot be"),
        ('[http]\npublic_url = ""', r"\[http\] public_url cannot be ''"),
        ('[http]\npublic_url = "sms.example.org"', "an address such as https://sms.example.org"),
        ('[http]\npublic_url = "ftp://sms.example.org"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://u:p@x"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://x/?a=b"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://x\\n"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://x:99999"', "cannot be 'https://x:99999'.* up to 65535"),
        ('[http]\npublic_url = "https://x:0"', r"\[http\] public_url cannot be 'https://x:0'"),
        ('[http]\npublic_url = "https://x:"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://x?"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://x/#"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://a..b"', r"\[http\] public_url cannot be"),
        ('[http]\npublic_url = "https://x/50%"', r"\[http\] public_url cannot be"),
        ('[tracing]\nendpoint = "http://x:65536/v1"', r"\[tracing\] endpoint cannot be"),
        ('[channels.m1]\ntransport = "x"\nprice = -5', r"\[channels.m1\] price must be between 0"),
        ("[phones]\nsilent_after = 59", r"\[phones\] silent_after must be between 60 and"),
        ("[tariffs.x]\nqueue_per_minute = 0", r"\[tariffs.x\] queue_per_minute must be between 1"),
        ("store = 1", r"store must be a table, such as \[store\], not 1"),
        ("channels = 1", r"channels must be a table, such as \[channels\], not 1"),
        ("tariffs.x = 1", r"tariffs.x must be a table, such as \[tariffs.x\], not 1"),
        ("[alerts.receivers.ops]", r"\[alerts.receivers.ops\] either url or to"),
        ('[alerts.receivers.ops]\nurl = "https://u:hush-word@h/"', "such as https://host/path"),
        ('[alerts.receivers.ops]\nurl = "https://h:65536/"', "such as https://host/path"),
        ('[alerts.receivers.ops]\nto = "ops"', "is not an e-mail address"),
        ('[alerts.receivers.ops]\nto = "a@b.example"\nchannel = "post"', "names the channel"),
        ('[alerts.receivers.ops]\nurl = "https://h/"\nchannel = "m"', "channel is for mail"),
        ('[alerts.receivers."o p s"]\nurl = "https://h/"', "cannot name a receiver"),
        ("[alerts]\nsim_full = 2", r"\[alerts\] sim_full must be between 0.1 and 1"),
        ("[alerts]\nremind_after = 5", r"\[alerts\] remind_after must be between"),
        ('[alerts]\nignore = ["phones"]', "must be one of channel_down"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        parse(text)


@pytest.mark.parametrize(
    ("key", "lowest", "highest"),
    [
        ("http.port", 0, 65_535),
        ("http.plain_port", 0, 65_535),
        ("http.submit_timeout", 0.01, 60),
        ("phones.silent_after", 60, 31_536_000),
        ("inbound.wait_for_parts", 1, 259_200),
        ("webhooks.disable_after", 60, 31_622_400),
        *(
            (f"alerts.{key}", 0, 604_800)
            for key in ("channel_down", "queue_age", "store_failing", "hold", "settle", "pause")
        ),
        ("alerts.low_credit", 1, 10**12),
        ("alerts.sim_full", 0.1, 1),
        ("alerts.dead_letters", 1, 1_000_000),
        ("alerts.remind_after", 60, 31_622_400),
        ("tracing.ratio", 0, 1),
        ("tariffs.x.provider_per_second", 1, 1_000_000),
        ("tariffs.x.queue_per_minute", 1, 1_000_000),
        ("channels.m1.price", 0, 1_000_000),
        ("channels.m1.fall_back_after", 1, 86_400),
    ],
)
def test_a_number_is_refused_beyond_its_bounds_and_taken_at_them(
    key: str, lowest: float, highest: float
) -> None:
    table, name = key.rsplit(".", 1)
    needed = {"http": 'certificate = "c.pem"', "channels.m1": 'transport = "x"'}.get(table, "")
    step = 1 if isinstance(highest, int) and isinstance(lowest, int) else 0.001

    def given(value: float) -> None:
        parse(f"[{table}]\n{needed}\n{name} = {value}")

    given(lowest)
    given(highest)
    for value in (lowest - step, highest + step):
        said = f"[{table}] {name} must be between {lowest} and {highest}, not {value}"
        with pytest.raises(ConfigurationError, match=f"^{re.escape(said)}$"):
            given(value)


def test_what_is_built_in_python_is_checked_as_well() -> None:
    with pytest.raises(ConfigurationError, match="port must be between 0 and 65535, not 65536"):
        HttpConfig(port=65_536)


@pytest.mark.parametrize("key", ["host", "certificate", "key"])
@pytest.mark.parametrize("value", ["", "a\\u0000b"])
def test_a_name_or_path_says_something(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^\[http\] {key} cannot be '"):
        parse(f'[http]\n{key} = "{value}"')


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[server]\nname = "a b"', "[server] name cannot be 'a b': it is a name such as"),
        (
            '[channels.m1]\ntransport = "x"\nruns_on = "a b"',
            "[channels.m1] runs_on cannot be 'a b': it is a name such as",
        ),
        (
            '[http]\ntrusted_proxies = ["10.0.0.1/8"]',
            (
                "[http] trusted_proxies: 10.0.0.1/8 has host bits set; "
                "write 10.0.0.0/8, one address or 'unix'"
            ),
        ),
        (
            '[webhooks]\nallow = ["unix"]',
            (
                "[webhooks] allow: 'unix' does not appear to be an IPv4 or IPv6 network; "
                "write 10.0.0.0/8 or one address"
            ),
        ),
        ('[http]\nkey = "k.pem"', "[http] key and plain_port need a certificate"),
        ('[consent]\naccount = "a b"', "[consent] 'a b' cannot name an account"),
    ],
)
def test_a_mistake_is_told_in_full(text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        parse(text)

    assert str(told.value).startswith(complaint)


def test_a_login_in_an_address_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as told:
        parse('[tracing]\nendpoint = "https://user:hush-word@traces.example/v1"')

    assert "hush-word" not in str(told.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8080",
        "https://sms.example.org/",
        "https://[2001:db8::1]:8443/sms/gate~way",
        "https://sms.example.org/api",
        "HTTPS://sms_gateway.example.org:65535/100%25",
        "http://gateway",
    ],
)
def test_the_surfaces_may_be_anywhere_outside(address: str) -> None:
    config = GatewayConfig.from_mapping({"http": {"public_url": address}})

    assert config.http.public_url == address


def test_networks_call_beside_what_existing_collections_have_as_base() -> None:
    config = GatewayConfig.from_mapping({"http": {"public_url": "https://sms.example.org/api/"}})

    assert config.http.hooks_of("telegram") == "https://sms.example.org/hooks/telegram"


@attrs.frozen(kw_only=True)
class _WithFiles:
    first: str | None = attrs.field(default=None, validator=is_absolute)
    second: str = attrs.field(default="/second", validator=[is_given, is_absolute])
    name: str = "name"


def test_files_of_a_channel_begin_where_the_configuration_is(tmp_path: Path) -> None:
    file = tmp_path / "smscore.toml"
    table = '[channels.one]\ntransport = "own"\nfirst = "{}"\nsecond = "keys/{}"\nname = "a/b"'
    file.write_text(table.format("/etc/first", "b"))

    found = GatewayConfig.from_toml(file).options_of("one", _WithFiles)

    assert found == _WithFiles(first="/etc/first", second=f"{tmp_path}/keys/b", name="a/b")


def test_files_of_a_channel_begin_in_the_process_if_no_file_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    channels = {"one": {"transport": "own", "first": "token"}}

    found = GatewayConfig.from_mapping({"channels": channels}).options_of("one", _WithFiles)

    assert found.first == f"{tmp_path}/token"


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="smscore init"):
        GatewayConfig.from_toml(tmp_path / "smscore.toml")


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "smscore.toml"
    path.write_text("[store")

    with pytest.raises(ConfigurationError, match=r"smscore\.toml cannot be read"):
        GatewayConfig.from_toml(path)


def test_a_file_may_be_saved_as_editors_of_windows_save_it(tmp_path: Path) -> None:
    path = tmp_path / "smscore.toml"
    path.write_bytes(b"\xef\xbb\xbf[http]\r\nport = 8443\r\n")

    assert GatewayConfig.from_toml(path).http.port == 8443


@pytest.mark.parametrize("table", ["alerts", "channels.modem-1"])
def test_a_table_that_is_pasted_below_the_one_of_the_template_is_named(
    tmp_path: Path, table: str
) -> None:
    path = tmp_path / "smscore.toml"
    path.write_text(f"[{table}]\n[http]\n[{table}]\nhold = 5\n")

    with pytest.raises(ConfigurationError) as refusal:
        GatewayConfig.from_toml(path)
    assert str(refusal.value) == (
        f"{path}: line 3 begins the table [{table}] a second time; write its keys into the first"
    )


def test_a_file_that_is_not_utf_8_is_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "smscore.toml"
    path.write_bytes("[http]\r\n# für alle\r\n".encode("latin-1"))

    with pytest.raises(ConfigurationError, match=r"smscore\.toml: line 2 is not .* save the file"):
        GatewayConfig.from_toml(path)
