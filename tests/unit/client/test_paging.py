"""
Lists that are fetched while they are looped over.
"""

import asyncio
from itertools import islice

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smscore_client as sms


class Book:
    """A server with pages of inbound messages; the cursor is the number of the page."""

    def __init__(self, *pages):
        self.pages = pages
        self.asked = []

    def __call__(self, request):
        after = request.url.params.get("after")
        self.asked.append(after)
        number = int(after or 0)
        is_last = number + 1 >= len(self.pages)
        items = [
            {
                "message_id": f"in_{item}",
                "from": "+491701234567",
                "to": None,
                "message": "hi",
                "received_at": "2026-03-01T12:00:00Z",
            }
            for item in self.pages[number]
        ]
        return httpx2.Response(
            200, json={"inbound": items, "next": None if is_last else str(number + 1)}
        )


def blocking(transport):
    return sms.Client("key", base_url="http://sms.example", transport=transport)


def ids(messages):
    return [message.message_id for message in messages]


books = st.lists(st.lists(st.integers(), max_size=3), min_size=1, max_size=5)


@given(books)
def test_a_list_is_all_its_pages_in_order_and_each_is_asked_for_once(pages):
    book = Book(*pages)

    found = ids(blocking(httpx2.MockTransport(book)).inbound.list())

    assert found == [f"in_{item}" for page in pages for item in page]
    assert book.asked == [None, *(str(number) for number in range(1, len(pages)))]


@given(books)
def test_an_asynchronous_list_is_the_same(pages):
    book = Book(*pages)

    async def collect():
        transport = httpx2.MockTransport(book)
        async with sms.AsyncClient("k", base_url="http://x", transport=transport) as client:
            return [message.message_id async for message in client.inbound.list()]

    assert asyncio.run(collect()) == [f"in_{item}" for page in pages for item in page]
    assert book.asked == [None, *(str(number) for number in range(1, len(pages)))]


@given(books, st.integers(0, 12))
def test_no_page_is_asked_for_before_it_is_needed(pages, wanted):
    book = Book(*pages)

    found = ids(islice(blocking(httpx2.MockTransport(book)).inbound.list(), wanted))

    everything = [f"in_{item}" for page in pages for item in page]
    assert found == everything[:wanted]
    seen = 0
    for number in range(len(book.asked)):
        assert seen < wanted or wanted > len(everything)
        seen += len(pages[number])


def test_pages_tell_where_the_next_one_begins():
    book = Book([1, 2], [3])

    pages = list(blocking(httpx2.MockTransport(book)).inbound.list().pages())

    assert [(len(page), page.next) for page in pages] == [(2, "1"), (1, None)]


def test_a_list_can_begin_where_another_one_ended():
    book = Book([1], [2], [3])

    assert ids(blocking(httpx2.MockTransport(book)).inbound.list(after="1")) == ["in_2", "in_3"]


def test_each_loop_begins_anew():
    inbound = blocking(httpx2.MockTransport(Book([1], [2]))).inbound.list()

    assert ids(inbound) == ids(inbound) == ["in_1", "in_2"]


def test_a_page_that_leads_to_itself_is_no_list_without_end():
    def answer(_):
        return httpx2.Response(200, json={"inbound": [], "next": "same"})

    with pytest.raises(sms.UnexpectedAnswer, match="the next one is itself"):
        list(blocking(httpx2.MockTransport(answer)).inbound.list())
