from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.config import ProxyHeader
from smscore_http._proxies import Proxies, address_in

NETWORKS = ("10.0.0.0/8", "2001:db8:1::/48", "127.0.0.1")
PROXY = "10.0.0.1"


def origin(*headers, peer=PROXY, trusted=NETWORKS, header=ProxyHeader.X_FORWARDED, scheme="http"):
    scope = {
        "client": peer and (peer, 4711),
        "scheme": scheme,
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    return tuple(Proxies(trusted, header=header).origin(scope))


def seen(*values, **changes):
    return origin(*(("X-Forwarded-For", value) for value in values), **changes)[0]


def forwarded(*values, **changes):
    headers = (("Forwarded", value) for value in values)
    return origin(*headers, header=ProxyHeader.FORWARDED, **changes)


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8:2::1", "11.0.0.1"])
def test_who_is_not_trusted_is_not_believed(peer):
    headers = [("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "https")]

    assert origin(*headers, peer=peer) == (peer, "http")


def test_without_trusted_proxies_nobody_is_believed():
    assert seen("198.51.100.7", trusted=()) == PROXY


@pytest.mark.parametrize(
    ("values", "address"),
    [
        (["198.51.100.7"], "198.51.100.7"),
        (["203.0.113.9, 198.51.100.7"], "198.51.100.7"),  # who writes what it likes in front
        (["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7, 10.9.9.9"], "198.51.100.7"),
        (["203.0.113.9,198.51.100.7,10.9.9.9 , 127.0.0.1"], "198.51.100.7"),
        (["10.9.9.9"], "10.9.9.9"),  # nobody but proxies
        (["2001:db8:2::7"], "2001:db8:2::7"),
        (["[2001:db8:2::7]:443"], "2001:db8:2::7"),
        (["2001:DB8:2:0::7"], "2001:db8:2::7"),
        (["198.51.100.7:5060"], "198.51.100.7"),
        (["::ffff:198.51.100.7"], "198.51.100.7"),
        (["198.51.100.7, ::ffff:10.9.9.9"], "198.51.100.7"),
        ([], PROXY),
        ([""], PROXY),
        (["unknown"], PROXY),
        (["198.51.100.7, unknown, 10.9.9.9"], "10.9.9.9"),
        (["198.51.100.7, 10.9.9.9,"], PROXY),
        (["198.51.100.7'; DROP"], PROXY),
    ],
)
def test_from_right_to_left_the_first_who_is_not_trusted_is_the_client(values, address):
    assert seen(*values) == address


@pytest.mark.parametrize("peer", ["::ffff:10.0.0.1", "2001:db8:1::5", "127.0.0.1"])
def test_a_proxy_is_known_in_each_spelling(peer):
    assert seen("198.51.100.7", peer=peer) == "198.51.100.7"


def test_who_calls_at_a_unix_socket_is_believed_if_that_is_said():
    assert seen("198.51.100.7", peer=None, trusted=("unix",)) == "198.51.100.7"
    assert seen("198.51.100.7", peer=None, trusted=NETWORKS) == "unknown"
    assert seen("198.51.100.7", peer=PROXY, trusted=("unix",)) == PROXY


@pytest.mark.parametrize(
    ("values", "scheme"),
    [
        ([("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "https")], "https"),
        ([("X-Forwarded-Proto", "HTTPS")], "https"),
        ([("X-Forwarded-Proto", "gopher")], "http"),
        ([("X-Forwarded-For", "198.51.100.7")], "http"),
        # The client spoke HTTPS with the first proxy, and that one HTTP with the second.
        (
            [
                ("X-Forwarded-For", "203.0.113.9, 198.51.100.7, 10.9.9.9"),
                ("X-Forwarded-Proto", "http, https, http"),
            ],
            "https",
        ),
        (
            [
                ("X-Forwarded-For", "198.51.100.7, 10.9.9.9"),
                ("X-Forwarded-Proto", "https"),
            ],
            "https",
        ),
    ],
)
def test_the_scheme_is_that_which_the_client_spoke(values, scheme):
    assert origin(*values)[1] == scheme


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["for=198.51.100.7;proto=https"], ("198.51.100.7", "https")),
        (['For="[2001:db8:2::7]:4711" ; Proto=HTTPS'], ("2001:db8:2::7", "https")),
        (["for=203.0.113.9, for=198.51.100.7"], ("198.51.100.7", "http")),
        (["for=203.0.113.9", "for=198.51.100.7, for=10.9.9.9"], ("198.51.100.7", "http")),
        (["for=_hidden;proto=https"], (PROXY, "https")),
        (["for=unknown, for=10.9.9.9"], ("10.9.9.9", "http")),
        (["by=10.0.0.1"], (PROXY, "http")),
        # Whoever opens quotes in front hides nothing behind them.
        (['for=203.0.113.9;x=", for=198.51.100.7'], ("198.51.100.7", "http")),
        (['for="203.0.113.9', 'for="198.51.100.7"'], ("198.51.100.7", "http")),
        (["for=198.51.100.7;proto"], (PROXY, "http")),
    ],
)
def test_the_header_of_rfc_7239_is_read_if_that_is_said(values, expected):
    assert forwarded(*values) == expected


def test_the_header_that_proxies_do_not_write_is_not_read():
    headers = [("Forwarded", "for=198.51.100.7"), ("X-Forwarded-For", "203.0.113.9")]

    assert origin(*headers)[0] == "203.0.113.9"
    assert origin(*headers, header=ProxyHeader.FORWARDED)[0] == "198.51.100.7"


def test_a_list_without_end_is_not_followed_for_ever():
    assert seen("198.51.100.7, " + "10.9.9.9, " * 10_000 + "10.8.8.8") == "10.9.9.9"


ADDRESSES = st.ip_addresses().map(str)


def is_trusted(address):
    return any(ip_address(address) in ip_network(network) for network in NETWORKS)


@given(
    forged=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60),
    client=ADDRESSES.filter(lambda one: not is_trusted(address_in(one))),
    proxies=st.lists(
        st.ip_addresses(v=4, network="10.0.0.0/8").map(str)
        | st.ip_addresses(v=6, network="2001:db8:1::/48").map(str),
        max_size=5,
    ),
    has_lines=st.booleans(),
)
def test_whatever_a_client_writes_its_own_address_counts(forged, client, proxies, has_lines):
    appended = [client, *proxies]
    values = [forged, *appended] if has_lines else [", ".join((forged, *appended))]
    scope = {
        "client": (PROXY, 4711),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", value.encode("latin-1")) for value in values],
    }

    found = Proxies(NETWORKS).origin(scope).address

    assert ip_address(found) == address_in(client)


@given(
    value=st.binary(max_size=200),
    header=st.sampled_from([b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"]),
    kind=st.sampled_from(ProxyHeader),
)
def test_nothing_that_is_written_there_breaks_a_request(value, header, kind):
    scope = {"client": (PROXY, 1), "scheme": "http", "headers": [(header, value)]}

    found = Proxies(NETWORKS, header=kind).origin(scope)

    assert str(ip_address(found.address)) == found.address
    assert found.scheme in ("http", "https")
