import re
import tomllib

from smscore import GatewayConfig
from smscore_server._templates import CONFIGURATION, demo_configuration


def test_the_configuration_to_begin_with_changes_nothing():
    assert GatewayConfig.from_mapping(tomllib.loads(CONFIGURATION)) == GatewayConfig()


def test_every_setting_that_is_commented_out_is_one_that_exists():
    active = re.sub(r"^# (?=\[|\w+ = )", "", CONFIGURATION, flags=re.MULTILINE)
    active = active.replace('["modem-1", "modem-2"]', '["modem-1"]')

    config = GatewayConfig.from_mapping(tomllib.loads(active))

    assert config.channels["modem-1"].account == "shop"
    assert config.tariffs == GatewayConfig().tariffs
    assert config.groups["modems"].channels == ("modem-1",)


def test_the_demo_has_a_channel_for_each_modem_and_a_group_of_all():
    ports = {"modem-1": "/tmp/demo/modem1", "modem-2": "/tmp/demo/modem2"}

    config = GatewayConfig.from_mapping(tomllib.loads(demo_configuration(ports)))

    assert {name: one.options["port"] for name, one in config.channels.items()} == ports
    assert config.groups["modems"].channels == ("modem-1", "modem-2")


def test_a_port_may_have_quotes_and_backslashes_in_its_path():
    port = 'C:\\odd "dir"/modem1'

    config = GatewayConfig.from_mapping(tomllib.loads(demo_configuration({"modem-1": port})))

    assert config.channels["modem-1"].options["port"] == port
