"""
STOP and START by SMS, through a modem and back.
"""

import pytest
from modem_world import World

from smscore.domain.deliveries import Status
from smscore.errors import RecipientOptedOut

ANNA, BERT = "+491709999999", "+491708888888"


def answered(world: World) -> list[str]:
    """The texts that Anna was sent, oldest first."""
    found = [one for one in world.lines.taken if str(one.submit.recipient) == ANNA]
    return [one.submit.user_data.content.decode() for one in found]


def test_stop_is_confirmed_and_ends_messages_until_start() -> None:
    with World(channel={"account": "acme"}) as world:
        assert world.run(world.is_ready)
        world.gateway.submissions.submit(account="acme", to="0170 9999999", text="sale")
        assert world.run(lambda: len(answered(world)) == 1)

        world.lines.inject_sms(sender=ANNA, text="Stop!")
        assert world.run(lambda: len(answered(world)) == 2)
        with pytest.raises(RecipientOptedOut):
            world.submit("0049 170 9999999")
        other = world.submit(BERT)
        assert world.run(lambda: world.status(other) in (Status.SENT, Status.DELIVERED))

        world.lines.inject_sms(sender=ANNA, text="start")
        assert world.run(lambda: len(answered(world)) == 3)
        world.submit(ANNA, "again")
        assert world.run(lambda: len(answered(world)) == 4)

    assert answered(world) == [
        "sale",
        "You will get no more messages from us. Reply START to get them again.",
        "You will get messages from us again. Reply STOP to end them.",
        "again",
    ]
