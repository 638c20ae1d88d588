"""
What people see of a long message of which a part is missing.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from smscore import GatewayConfig, build
from smscore.domain.headers import Concatenation
from smscore.testing import a_part


@pytest.fixture
def receive(channel):
    """A part of three that came to a modem two hours ago."""

    def receive(number, text):
        part = a_part(
            channel="modem-1",
            received_at=datetime.now(UTC) - timedelta(hours=2),
            concatenation=Concatenation(reference=7, total=3, number=number),
            user_data=text.encode("utf-16-be"),
        )
        with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
            gateway.reception.received(part)

    return receive


@pytest.fixture
def keep_late(channel):
    """What a server does with what is late."""

    def keep_late():
        with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
            assert gateway.reception.publish_overdue() == 1

    return keep_late


def findings(command):
    """What a check says of parts."""
    found = json.loads(command("check", "--wait", "0", "--json").stdout)["findings"]
    return [one for one in found if one["subject"] == "parts"]


def test_a_gap_is_seen_in_the_list_the_story_and_the_check(receive, keep_late, answer, command):
    receive(1, "one ")
    receive(3, "three")
    (waiting,) = findings(command)
    assert "1 long message not all of whose parts have come, the eldest since" in str(waiting)
    assert answer("messages", "received") == []

    keep_late()

    (one,) = answer("messages", "received")
    assert (one["text"], one["missing_parts"]) == ("one […]three", [2])
    assert "one […]three" in command("messages", "received").stdout
    assert "2 of 3 parts; part 2 did not come in time" in command("explain", one["id"]).stdout
    (with_gap,) = findings(command)
    assert "1 long message with gaps, whose missing parts may still come" in str(with_gap)

    receive(2, "two ")

    (whole,) = answer("messages", "received")
    assert (whole["id"], whole["text"]) == (one["id"], "one two three")
    assert whole["missing_parts"] == []
    told = command("explain", one["id"]).stdout
    assert "the last missing part came late: the text is whole, 3 parts" in told
    assert findings(command) == []
