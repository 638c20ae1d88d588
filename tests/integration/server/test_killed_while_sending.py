"""
A server that is killed in the middle of a message: nothing is lost, nothing leaves twice unasked.
"""

import threading
from collections import Counter

import pytest

from smscore import GatewayConfig, build
from smscore_modem.simulator import Fault, ModemSimulator

PATIENCE = 30.0

# How the modem keeps the server waiting, and how many parts of two the network has by then.
POINTS = {
    "before the PDU": ("silent at=prompt", 0),
    "after the PDU": ("silent at=pdu", 0),
    "before the reference": ("silent at=taken", 1),
    "between the parts": ("silent at=part", 1),
    "before the second PDU": ("silent at=prompt skip=1", 1),
    "after the second PDU": ("silent at=pdu skip=1", 1),
    "before the second reference": ("silent at=taken skip=1", 2),
}


def wait_for(condition):
    """Look now and then, for what nobody announces."""
    pause, tries = threading.Event(), int(PATIENCE / 0.02)
    while not condition():
        assert (tries := tries - 1), "it did not happen in time"
        pause.wait(0.02)


@pytest.fixture
def modems(tmp_path):
    directory = tmp_path / "modems"
    directory.mkdir()
    with ModemSimulator(modems=1, link_dir=directory, report_delay=0.01) as simulator:
        yield simulator


@pytest.fixture
def taken(modems):
    def taken():
        return Counter(one.submit.user_data.content for one in modems.taken)

    return taken


@pytest.fixture
def killed(start, installation, answer, modems):
    """Kills a server while the modem keeps it waiting; says the message's id."""

    def killed(fault, policy):
        with (installation / "smscore.toml").open("a") as file:
            file.write(
                f'[channels.stick]\ntransport = "modem"\nport = "{modems.ports[0]}"\n'
                f'reconnect_delay = 0.05\nin_doubt = "{policy}"\n'
            )
        answer("account", "create", "shop")
        server = start("serve", "--port", "0")
        server.line()
        modems.begin_fault(fault)
        text = "".join(map(chr, range(ord("a"), ord("z")))) * 8
        sent = answer("send", "--account", "shop", "--to", "+491701234567", text)
        wait_for(lambda: Fault.SILENT in modems.modems[0].faults.present)
        server.kill()
        modems.end_fault()
        return sent["id"]

    return killed


@pytest.fixture
def settled(answer):
    """Lets the next server's channels run until they have decided what becomes of a message."""

    def settled(message, *statuses):
        with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
            wakeup = gateway.store.wakeup("topic:events")
            with gateway.running():
                while (found := answer("status", message)["status"]) not in statuses:
                    assert wakeup.wait(PATIENCE), answer("explain", message)
        return found

    return settled


@pytest.mark.parametrize("point", POINTS)
def test_a_part_that_may_have_left_does_not_leave_again(point, killed, settled, taken):
    fault, parts = POINTS[point]
    message = killed(fault, "indeterminate")
    assert taken().total() == parts

    # A report may have been lost in the silence. Killed before the second part was begun, the
    # message goes on with it.
    found = settled(message, "indeterminate", "sent", "delivered")

    assert set(taken().values()) <= {1}
    assert found == "indeterminate" or taken().total() == 2


@pytest.mark.parametrize("point", POINTS)
def test_a_part_that_may_have_left_leaves_again_where_the_policy_says_so(
    point, killed, settled, taken
):
    fault, _ = POINTS[point]
    message = killed(fault, "resend")

    settled(message, "sent", "delivered")

    assert sorted(taken().values()) in ([1, 1], [1, 2])
