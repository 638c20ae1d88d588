"""
Every call about messages, against the running server, blocking and asynchronous.
"""

from smscore_client import (
    Recipient,
    Status,
)

NUMBER, OTHER = "+491701234567", "+491701234568"


def test_a_message_is_sent_and_found_again(client):
    sent = client.messages.send(to=NUMBER, message="Grüße 🚀", from_="Shop")

    message = client.messages.get(sent.message_id)

    assert (sent.credits_used, sent.credits_remaining) == (1, 999)
    assert sent.messages == (
        Recipient(message_id=sent.message_id, to=NUMBER, status=Status.QUEUED),
    )
    assert (message.to, message.from_, message.message) == (NUMBER, "Shop", "Grüße 🚀")
    assert (message.status, message.sent_at, message.delivered_at) == ("queued", None, None)
    assert not message.is_final
