"""
Networks that call their channels: who knows the address is heard, and nobody else finds anything.
"""

import pytest

from smscore.errors import InvalidRequest, NotFound, NotReady, PermissionDenied, StoreUnavailable
from smscore.ports.transport import CallAnswer
from smscore.testing import FakeTransport

HERE = "/hooks/net/geheim-1"
LIMIT = 1 << 20


class CalledTransport(FakeTransport):
    """Hears calls, and raises what it is told to."""

    def __init__(self):
        super().__init__()
        self.address = None
        self.segment = "geheim-1"
        self.fault = None
        self.heard = []

    def reachable_at(self, address):
        self.address = address

    def answer(self, headers, body):
        if self.fault is not None:
            raise self.fault
        self.heard.append((headers, body))
        return CallAnswer(status=201, body=b"<ok/>", content_type="text/xml")


@pytest.fixture
def net():
    return CalledTransport()


@pytest.fixture
def site(make_site, net):
    http = {"public_url": "https://sms.example.org/"}
    return make_site(http=http, transports={"net": net})


def test_a_transport_hears_the_call_and_says_what_is_answered(site, net):
    reply = site.client.post(HERE, content=b"what happened", headers={"X-Secret": "yes"})

    ((headers, body),) = net.heard
    assert body == b"what happened"
    assert headers["x-secret"] == "yes"
    assert (reply.status_code, reply.text) == (201, "<ok/>")
    assert reply.headers["content-type"] == "text/xml"


def test_a_transport_is_told_where_it_is_called(site, net):
    assert net.address == "https://sms.example.org/hooks/net"


def test_a_transport_that_nobody_can_reach_is_told_no_address(make_site, net):
    make_site(transports={"net": net})

    assert net.address is None


@pytest.mark.parametrize(
    "path",
    [
        "/hooks",
        "/hooks/",
        "/hooks/net",
        "/hooks/net/",
        "/hooks/net/wrong",
        "/hooks/net/geheim-1/",
        "/hooks/net/geheim-1/more",
        "/hooks//geheim-1",
        "/hooks/fake/geheim-1",
        "/hooks/fake/None",
        "/hooks/nobody/geheim-1",
        "/hooks/net/%C3%BC",
        "/net/geheim-1",
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_whoever_does_not_know_the_address_finds_nothing(site, net, path, method):
    reply = site.client.request(method, path)

    assert (reply.status_code, reply.text) == (404, "404 Not Found")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert not net.heard


def test_a_transport_that_is_not_to_be_called_now_is_not_found(site, net):
    net.segment = None

    assert site.client.post(HERE).status_code == 404
    assert site.client.post("/hooks/net/None").status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_a_call_is_a_post(site, net, method):
    reply = site.client.request(method, HERE)

    assert reply.status_code == 405
    assert reply.headers["allow"] == "POST"
    assert not net.heard


def test_a_call_that_is_too_long_is_refused(site, net):
    assert site.client.post(HERE, content=b"x" * LIMIT).status_code == 201

    reply = site.client.post(HERE, content=b"x" * (LIMIT + 1))

    assert (reply.status_code, reply.text) == (413, "413 Payload Too Large")
    assert len(net.heard) == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (PermissionDenied("not from there"), 403),
        (InvalidRequest("no sense"), 400),
        (NotReady("closed"), 503),
        (StoreUnavailable("the disk is full"), 503),
        (RuntimeError("a bug"), 500),
    ],
)
def test_what_a_transport_raises_is_an_error_of_which_nobody_learns_more(site, net, fault, status):
    net.fault = fault

    reply = site.client.post(HERE)

    assert reply.status_code == status
    assert reply.text.startswith(f"{status} ")
    assert str(fault) not in reply.text + str(reply.headers)
    assert ("retry-after" in reply.headers) is (status == 503)


def test_the_log_does_not_show_the_address(site, caplog):
    caplog.set_level("DEBUG")

    for path in (HERE, "/hooks/geheim-1", "/hooks/net/geheim-1/more", "/hooks/geheim-1/x"):
        site.client.post(path)

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("smscore")]
    assert [line.split()[1] for line in ours] == [
        "/hooks/***",
        "(unknown)",
        "(unknown)",
        "/hooks/***",
    ]


def test_a_host_with_a_web_server_of_its_own_finds_the_transport_as_well(site, net):
    assert site.gateway.reachable("net", "geheim-1") is net

    with pytest.raises(NotFound):
        site.gateway.reachable("net", "geheim-2")
