import pytest

from smscore.errors import ConfigurationError
from smscore.registry import Registry
from smscore.structuring import structure
from smscore_modem import ModemOptions, smscore_register_transports
from smscore_modem._options import Hooks


@pytest.mark.parametrize(
    "options",
    [
        {"pin": "12"},
        {"pin": "12a4"},
        {"pin": '1234"\r'},
        {"centre": "none"},
        {"response_timeout": 0},
        {"baudrate": -1},
        {"poll_interval": 0},
        {"imei": "12345"},
        {"profile": "huawie"},
        {"ready_timeout": float("nan")},
        {"gap": -1.0},
        {"gap": float("nan")},
        {"per_day": 0},
        {"reserve": 1.0},
        {"reserve": -0.1},
        {"time_zone": "Mars/Olympus"},
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_its_name(options: dict[str, object]) -> None:
    (name,) = options

    with pytest.raises(ConfigurationError, match=name):
        ModemOptions(port="/dev/ttyUSB0", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ceilings", "most"),
    [
        ({}, None),
        ({"per_day": 500}, 500),
        ({"per_month": 3000}, 100),
        ({"per_minute": 10, "per_hour": 100, "per_day": 5000}, 2400),
    ],
)
def test_the_narrowest_ceiling_says_how_many_parts_a_day_there_are(
    ceilings: dict[str, int], most: float | None
) -> None:
    assert ModemOptions(port="/dev/ttyUSB0", **ceilings).daily_parts == most


def test_a_sim_that_nobody_has_thought_about_is_not_rushed() -> None:
    assert ModemOptions(port="/dev/ttyUSB0").gap == 3.0


def test_a_modem_without_a_port_and_an_imei_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="its port, or its imei"):
        ModemOptions()


@pytest.mark.parametrize(
    "port",
    [
        *("", "tcp://127.0.0.1:1", "loop://", "socket://", "socket://127.0.0.1", "socket://:7000"),
        *("socket://127.0.0.1:0", "socket://127.0.0.1:x", "rfc2217://127.0.0.1:99999"),
    ],
)
def test_an_address_of_an_unknown_kind_or_without_its_parts_is_refused(port: str) -> None:
    with pytest.raises(ConfigurationError, match="socket://"):
        ModemOptions(port=port)


@pytest.mark.parametrize(
    "port",
    ["socket://127.0.0.1:7000", "rfc2217://box.lan:2217?ign_set_control", "socket://[::1]:7"],
)
def test_an_address_with_host_and_port_is_one(port: str) -> None:
    assert ModemOptions(port=port).port == port


def test_the_table_of_a_channel_holds_its_hooks() -> None:
    options = structure(
        {"imei": "990000000000001", "hooks": {"usb_reset": ["usbreset", "{port}"]}},
        ModemOptions,
        where="channels.m1",
    )

    assert options.hooks == Hooks(usb_reset=("usbreset", "{port}"))


def test_a_refused_pin_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        ModemOptions(port="/dev/ttyUSB0", pin="98x76")

    assert "98x76" not in str(refusal.value)


def test_the_package_brings_the_transport_of_kind_modem() -> None:
    registry = Registry()

    smscore_register_transports(registry)

    kind = registry.transport_kind("modem")
    assert kind.options is ModemOptions
    assert kind.capabilities.delivery_reports
