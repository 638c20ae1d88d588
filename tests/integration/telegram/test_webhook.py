import pytest

from smscore.errors import InvalidRequest, NotReady, PermissionDenied, StoreUnavailable

HEADER = "x-telegram-bot-api-secret-token"


@pytest.fixture
def channel(open_channel, telegram):
    channel = open_channel(webhook=True, address="https://gateway.example/hooks/bot")
    assert telegram.wait_for(lambda: telegram.webhook is not None)
    return channel


def headers(telegram):
    return {HEADER: telegram.webhook.secret}


@pytest.fixture
def post(channel, telegram):
    """Hands on what Telegram would post, as a host's route does."""

    def post():
        for body in telegram.take_updates():
            assert channel.answer(headers(telegram), body).status == 200

    return post


def test_updates_are_asked_for_at_an_address_that_nobody_can_guess(channel, telegram):
    base, _, path = telegram.webhook.url.rpartition("/")

    assert base == "https://gateway.example/hooks/bot"
    assert path == channel.segment
    assert len(path) == 64
    assert path != telegram.webhook.secret


def test_nothing_is_fetched_while_there_is_a_webhook(channel, telegram):
    assert not telegram.asked("getUpdates")


def test_people_are_linked_and_heard_by_what_is_posted(channel, telegram, post, sink):
    ada = telegram.person()
    ada.links()
    ada.writes("hello")

    post()

    assert ada.address in sink.links
    assert len(sink.parts) == 1
    assert len(ada.received) == 2


def test_telegram_is_asked_to_post_no_more_at_once_than_threads_can_be_spared(channel, telegram):
    (asked,) = telegram.asked("setWebhook")

    assert asked["max_connections"] == 4


@pytest.mark.parametrize("secret", [None, "", "wrong", "ü"])
def test_what_is_not_from_telegram_is_refused(channel, telegram, sink, secret):
    telegram.person().writes("hello")
    (body,) = telegram.take_updates()

    with pytest.raises(PermissionDenied):
        channel.answer({} if secret is None else {HEADER: secret}, body)

    assert not sink.parts


def test_what_could_not_be_stored_is_not_taken(channel, telegram, post, sink):
    telegram.person().writes("hello")
    sink.fail_next(StoreUnavailable("the disk is full"))

    with pytest.raises(StoreUnavailable):
        post()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"update_id":"x"}'])
def test_what_is_no_update_is_refused(channel, telegram, body):
    with pytest.raises(InvalidRequest):
        channel.answer(headers(telegram), body)


def test_a_closed_channel_takes_nothing(channel, telegram, post):
    telegram.person().writes("hello")
    channel.close()

    with pytest.raises(NotReady):
        post()


def test_a_channel_that_fetches_takes_nothing(open_channel):
    channel = open_channel()

    assert channel.segment is None
    with pytest.raises(NotReady):
        channel.answer({HEADER: "x"}, b"{}")
