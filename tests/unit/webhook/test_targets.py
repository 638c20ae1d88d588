"""Who may be called: public addresses, and what the operator has allowed."""

import pytest

from smscore.errors import InvalidRequest
from smscore_webhook._targets import Targets

FORBIDDEN = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # refused, not bound
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.192",  # the metadata of one hoster
    "168.63.129.16",  # those of another, at an address that looks public
    "192.0.2.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "::ffff:0:7f00:1",
    "::fffe:7f00:1",
    "100:0:0:1::1",
    "4000::1",
    "5f00::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_what_is_not_public_may_not_be_called(address: str) -> None:
    assert not Targets([]).are_allowed([address])


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_may_be_called(address: str) -> None:
    assert Targets([]).are_allowed([address])


def test_a_name_with_one_forbidden_address_may_not_be_called() -> None:
    assert not Targets([]).are_allowed(["8.8.8.8", "127.0.0.1"])
    assert not Targets([]).are_allowed([])


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("127.0.0.0/8", "127.0.0.1"),
        ("127.0.0.0/8", "::ffff:127.0.0.1"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("::1/128", "::1"),
        ("fd00::/8", "fd12::1"),
        ("64:ff9b:1::/48", "64:ff9b:1::a00:1"),
        ("168.63.129.16/32", "168.63.129.16"),
    ],
)
def test_the_operator_allows_networks(network: str, address: str) -> None:
    assert Targets([network]).are_allowed([address])
    assert not Targets([network]).are_allowed(["192.168.1.1"])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "0", "::1",
     "::ffff:7f00:1", "169.254.169.254", "2852039166"],
)  # fmt: skip
def test_a_literal_address_is_recognised_however_it_is_written(host: str) -> None:
    with pytest.raises(InvalidRequest, match="not public"):
        Targets([]).check_host(host)


@pytest.mark.parametrize("host", ["example.org", "localhost", "8.8.8.8", "134744072"])
def test_names_and_public_literals_are_looked_at_later(host: str) -> None:
    Targets([]).check_host(host)
