"""
What goes over the wire, and what never shows.
"""

import asyncio
import json
import logging
import re
from datetime import UTC, datetime, timedelta, timezone

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smscore_client as sms

KEY = "sk_0123456789abcdefghij"
URL = "https://sms.example"
SENT = {
    "success": True,
    "message_id": "msg_1",
    "credits_used": 1,
    "credits_remaining": None,
    "status": "queued",
}
MESSAGE = {
    "message_id": "msg_1",
    "to": "+491701234567",
    "from": None,
    "message": "hi",
    "status": "queued",
    "sent_at": None,
    "delivered_at": None,
}


class Scripted:
    """A server that has answers prepared, and keeps the requests."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    def client(self, **options):
        made = {"base_url": URL, "sleep": lambda _: None, **options}
        return sms.Client(KEY, transport=httpx2.MockTransport(self), **made)

    @property
    def last(self):
        return self.requests[-1]


def test_a_submission_is_json_with_a_key_of_its_own():
    server = Scripted(SENT)

    sent = server.client().messages.send(
        to="+491701234567",
        message="Grüße",
        from_="Shop",
        scheduled_at=datetime(2027, 3, 1, 7, tzinfo=timezone(timedelta(hours=1))),
        callback_url="https://shop.example/sms",
        priority=sms.Priority.HIGH,
    )

    assert (server.last.method, str(server.last.url)) == ("POST", f"{URL}/v1/messages")
    assert json.loads(server.last.content) == {
        "to": "+491701234567",
        "message": "Grüße",
        "from": "Shop",
        "scheduled_at": "2027-03-01T07:00:00+01:00",
        "callback_url": "https://shop.example/sms",
        "priority": "high",
    }
    assert server.last.headers["authorization"] == f"Bearer {KEY}"
    assert server.last.headers["content-type"] == "application/json"
    assert server.last.headers["idempotency-key"] == sent.idempotency_key
    assert len(sent.idempotency_key) == 32


def test_every_try_of_a_submission_has_the_same_key_and_body():
    lost = httpx2.ReadError("reset")
    server = Scripted(lost, httpx2.Response(502), httpx2.Response(503), SENT)

    server.client().messages.send(to="+491701234567", message="hi")

    assert len(server.requests) == 4
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    assert len({request.content for request in server.requests}) == 1


def test_two_submissions_have_two_keys():
    server = Scripted(SENT)
    client = server.client()

    first, second = (client.messages.send(to="+491701234567", message="hi") for _ in range(2))

    assert first.idempotency_key != second.idempotency_key


def test_a_key_of_the_callers_own_is_sent_as_it_is():
    server = Scripted(SENT)

    server.client().messages.send(to="+4912345", message="hi", idempotency_key="order 4711")

    assert server.last.headers["idempotency-key"] == "order 4711"


@pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\r\nX-Evil: 1", " x", "x "])
def test_a_key_that_cannot_be_sent_is_refused_before(key):
    with pytest.raises(ValueError, match="idempotency_key must be"):
        Scripted(SENT).client().messages.send(to="+4912345", message="hi", idempotency_key=key)


def test_a_time_that_is_a_text_is_refused_before():
    client = sms.Client(KEY, base_url=URL)

    with pytest.raises(TypeError, match="scheduled_at must be a datetime, not '2027-03-01'"):
        client.messages.send(to="+491701234567", message="hi", scheduled_at="2027-03-01")


def test_a_time_without_a_zone_is_refused_before():
    naive = datetime(2027, 3, 1, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ValueError, match="scheduled_at must have a zone"):
        Scripted(SENT).client().messages.send(to="+4912345", message="hi", scheduled_at=naive)


def test_numbers_in_queries_keep_their_plus_sign():
    server = Scripted({"messages": [], "next": None})

    list(server.client().messages.list(to="+491701234567", status="failed", page_size=200))

    assert server.last.url.query == b"status=failed&to=%2B491701234567&limit=200"


@given(st.text(min_size=1).filter(lambda text: text.strip(".")))
def test_an_id_stays_one_part_of_the_path(name):
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    server = Scripted(MESSAGE)

    server.client().messages.get(name)

    path, _, rest = server.last.url.raw_path.partition(b"?")
    assert (path.count(b"/"), rest) == (3, b"")
    assert path.startswith(b"/v1/messages/")


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_that_is_another_path_is_refused(name):
    with pytest.raises(ValueError, match="is no id"):
        Scripted(MESSAGE).client().messages.get(name)


@pytest.mark.parametrize(
    "url", ["https://sms.example", "https://sms.example/", "https://sms.example/v1/"]
)
def test_the_url_may_be_that_of_the_server_or_of_the_api(url):
    server = Scripted(MESSAGE)

    server.client(base_url=url).messages.get("msg_1")

    assert str(server.last.url) == "https://sms.example/v1/messages/msg_1"


def test_a_server_below_a_path_is_found():
    server = Scripted(MESSAGE)

    server.client(base_url="https://shop.example/sms").messages.get("msg_1")

    assert str(server.last.url) == "https://shop.example/sms/v1/messages/msg_1"


@pytest.mark.parametrize(
    "url",
    [
        "sms.example",
        "",
        "ftp://sms.example",
        "https://",
        "https://x/?a",
        "https://u:p@x",
        "http://x:0",
        "http://x:99999",
        "http://x y",
    ],
)
def test_a_url_that_cannot_be_called_is_refused(url):
    with pytest.raises(ValueError, match="base_url must"):
        sms.Client(KEY, base_url=url)


@pytest.mark.parametrize("key", ["", " ", "two words", "ü", "a\nb"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key):
    with pytest.raises(ValueError, match="api_key must be one word") as caught:
        sms.Client(key, base_url=URL)

    assert not key.strip() or key not in str(caught.value)


def test_a_key_from_a_file_may_have_its_line_end():
    server = Scripted(MESSAGE)
    client = sms.Client(f"{KEY}\n", base_url=URL, transport=httpx2.MockTransport(server))

    client.messages.get("msg_1")

    assert server.last.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("kind", [sms.Client, sms.AsyncClient])
def test_a_client_shows_its_server_and_not_its_key(kind):
    client = kind(KEY, base_url=URL)

    assert repr(client) == f"{kind.__name__}(base_url='https://sms.example')"
    assert KEY not in repr(vars(client))


def test_the_secret_of_a_webhook_is_not_shown_by_accident():
    answer = {"webhook_id": "wh_1", "url": URL, "events": [], "secret": "whsec_c2VjcmV0"}

    made = Scripted(answer).client().webhooks.create(url=URL, events=["message.sent"])

    assert made.secret == "whsec_c2VjcmV0"
    assert made.secret not in repr(made)


def test_what_is_logged_is_that_something_is_tried_again_and_nothing_of_what_is_sent(caplog):
    caplog.set_level(logging.DEBUG)
    server = Scripted(httpx2.ReadError("reset"), {"messages": [MESSAGE], "next": None})

    list(server.client().messages.list(to="+491701234567"))

    (line,) = caplog.messages
    assert re.fullmatch(
        r"tried again in 0\.[2-5] seconds: the server did not answer: ReadError: reset "
        r"\(no_answer\), GET /v1/messages: no answer",
        line,
    )


def test_an_error_shows_neither_key_nor_text_nor_number():
    server = Scripted(httpx2.ReadError("reset"))

    with pytest.raises(sms.NoAnswer) as caught:
        server.client().messages.send(to="+491701234567", message="Your code is 1234")

    shown = repr(caught.value) + str(caught.value)
    assert not [one for one in (KEY, "+4917", "1234") if one in shown]
    assert caught.value.idempotency_key in shown
    assert caught.value.__context__ is None


def test_redirects_are_not_followed_with_the_key():
    server = Scripted(httpx2.Response(307, headers={"location": "https://evil.example/"}))

    with pytest.raises(sms.UnexpectedAnswer):
        server.client().account.get()

    assert len(server.requests) == 1


def test_fields_and_words_of_tomorrow_do_no_harm():
    answer = {**MESSAGE, "status": "read", "read_at": "2026-03-01T12:00:03Z"}

    message = Scripted(answer).client().messages.get("msg_1")

    assert message.status == "read"
    assert not message.is_final


def test_times_know_their_zone():
    answer = {**MESSAGE, "status": "sent", "sent_at": "2026-03-01T12:00:03Z"}

    message = Scripted(answer).client().messages.get("msg_1")

    assert message.sent_at == datetime(2026, 3, 1, 12, 0, 3, tzinfo=UTC)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(MESSAGE)), inner),
    )
)
def test_whatever_is_answered_the_error_is_one_of_ours(content):
    answer = httpx2.Response(200, content=json.dumps(content).encode())

    try:
        Scripted(answer).client().messages.get("msg_1")
    except sms.SmscoreError as error:
        assert error.code == "unexpected_answer"  # noqa: PT017  # or there is none


def test_a_closed_client_says_so():
    client = Scripted(MESSAGE).client()
    client.close()

    with pytest.raises(RuntimeError, match="the client is closed"):
        client.messages.get("msg_1")


def test_closing_ends_a_pause_and_the_call_with_what_went_wrong():
    def answer_and_close(_):
        client.close()
        return httpx2.Response(503, headers={"retry-after": "20"})

    client = sms.Client(KEY, base_url=URL, transport=httpx2.MockTransport(answer_and_close))

    with pytest.raises(sms.ServiceUnavailable) as caught:
        client.messages.send(to="+491701234567", message="hi")

    assert caught.value.is_uncertain
    assert caught.value.idempotency_key


def test_closing_ends_an_asynchronous_call_behind_its_pause_with_what_went_wrong():
    async def close_and_sleep(_):
        await client.close()

    transport = httpx2.MockTransport(lambda _: httpx2.Response(502))
    client = sms.AsyncClient(KEY, base_url=URL, transport=transport, sleep=close_and_sleep)

    with pytest.raises(sms.ServiceUnavailable) as caught:
        asyncio.run(client.messages.send(to="+491701234567", message="hi"))

    assert caught.value.is_uncertain


def test_thousands_of_calls_at_once_take_turns():
    at_work = []

    async def answer(_):
        at_work.append(1)
        crowd.append(len(at_work))
        await asyncio.sleep(0)
        at_work.pop()
        return httpx2.Response(200, json=MESSAGE)

    async def work():
        transport = httpx2.MockTransport(answer)
        async with sms.AsyncClient(KEY, base_url=URL, transport=transport) as client:
            await asyncio.gather(*(client.messages.get("msg_1") for _ in range(2000)))

    crowd = []
    asyncio.run(work())

    assert len(crowd) == 2000
    assert max(crowd) == 32


def test_who_has_not_had_a_turn_was_not_sent():
    async def answer(_):
        try:
            await asyncio.Event().wait()
        finally:
            await is_over.wait()  # and gives nobody else a turn

    async def work():
        transport = httpx2.MockTransport(answer)
        options = {"base_url": URL, "transport": transport, "timeout": 0.1, "attempts": 1}
        async with sms.AsyncClient(KEY, **options) as client:
            tasks = [
                asyncio.create_task(client.messages.send(to="+4912345", message="hi"))
                for _ in range(40)
            ]
            await asyncio.wait(tasks[32:])
            is_over.set()
            return await asyncio.gather(*tasks, return_exceptions=True)

    is_over = asyncio.Event()

    errors = asyncio.run(work())

    assert [error.is_uncertain for error in errors] == [True] * 32 + [False] * 8


def test_an_asynchronous_call_can_be_cancelled_while_it_pauses():
    pausing = asyncio.Event()

    async def sleep(_):
        pausing.set()
        await asyncio.Event().wait()

    async def work():
        transport = httpx2.MockTransport(Scripted(httpx2.Response(503)))
        async with sms.AsyncClient(KEY, base_url=URL, transport=transport, sleep=sleep) as client:
            task = asyncio.create_task(client.account.get())
            await pausing.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(work())
