import tomllib
from pathlib import Path

import pytest

from smscore.config import GatewayConfig
from smscore.domain.policies import DoubtPolicy
from smscore.errors import ConfigurationError


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
        ("[alerts.receivers.ops]", "needs url or to, and not both"),
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


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="smscore init"):
        GatewayConfig.from_toml(tmp_path / "smscore.toml")


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "smscore.toml"
    path.write_text("[store")

    with pytest.raises(ConfigurationError, match=r"smscore\.toml cannot be read"):
        GatewayConfig.from_toml(path)
