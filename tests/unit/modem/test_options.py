import pytest

from smscore.errors import ConfigurationError
from smscore.registry import Registry
from smscore_modem import ModemOptions, smscore_register_transports


@pytest.mark.parametrize(
    "options",
    [
        {"pin": "12"},
        {"pin": "12a4"},
        {"pin": '1234"\r'},
        {"centre": "none"},
        {"response_timeout": 0},
        {"baudrate": -1},
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_its_name(options: dict[str, object]) -> None:
    (name,) = options

    with pytest.raises(ConfigurationError, match=name):
        ModemOptions(port="/dev/ttyUSB0", **options)  # type: ignore[arg-type]


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
