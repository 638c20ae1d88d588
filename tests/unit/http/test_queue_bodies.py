"""
Whatever clients of the queue API put into a body is read to the end or refused, each item once.
"""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smscore_http._requests import Reply
from smscore_http.queue_api._bodies import Batch, Report, read_batch, read_report

ITEM_ERRORS = {
    "Invalid phone format",
    "Phone is required",
    "Message is required",
    "Message exceeds 1000 characters",
    "Item must be an object",
    "Message must be a string",
}
ENTRY_ERRORS = {"Hash is required", "Invalid status"}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
phones = st.from_regex(r"\A\+?[0-9]{4,22}\Z") | st.integers() | anything
words = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5)
texts = words | st.sampled_from(["m" * 1000, "m" * 1001]) | anything
items = st.fixed_dictionaries({}, optional={"phone": phones, "message": texts, "text": texts})
hashes = st.integers(min_value=0, max_value=3).map("{:016x}".format) | anything
statuses = st.sampled_from([1, 2, 3, "2", "3"]) | anything
entries = st.fixed_dictionaries({}, optional={"hash": hashes, "status": statuses})


def body(content: Any) -> bytes:
    return json.dumps(content).encode()


def errors_of(read: Batch | Report | Reply) -> list[dict[str, Any]]:
    """What was wrong, with items or with all."""
    return json.loads(read.body)["errors"] if isinstance(read, Reply) else read.errors


@pytest.mark.parametrize("read", [read_batch, read_report])
@given(content=st.binary(max_size=40) | anything.map(body))
@example(content=b"\xef\xbb\xbf[]")
@example(content=b'{"messages":[[]]}')
def test_no_body_breaks_it(read, content):
    found = read(content)

    assert not isinstance(found, Reply) or found.status == 422


@given(st.lists(items | anything, min_size=1, max_size=6))
def test_each_item_of_a_batch_is_accepted_or_told_once(batch):
    read = read_batch(body(batch))
    accepted = read.items if isinstance(read, Batch) else ()
    wrong = errors_of(read)

    places = [item.index for item in accepted] + [error["index"] for error in wrong]
    assert sorted(places) == list(range(len(batch)))
    assert {error["error"] for error in wrong} <= ITEM_ERRORS
    assert isinstance(read, Batch) is bool(accepted)


@given(st.lists(items | anything, min_size=1, max_size=6))
def test_what_is_accepted_is_as_it_was_given(batch):
    read = read_batch(body(batch))

    for item in read.items if isinstance(read, Batch) else ():
        given_ = batch[item.index]
        assert item.to == str(given_["phone"])
        assert item.text in (given_.get("message"), given_.get("text"))
        assert 0 < len(item.text) <= 1000


@given(st.lists(entries | anything, min_size=1, max_size=6))
def test_each_entry_of_a_report_is_read_or_told_once(messages):
    read = read_report(body({"messages": messages}))
    wrong = [error["index"] for error in errors_of(read)]
    good = [one for place, one in enumerate(messages) if place not in wrong]

    assert wrong == sorted(set(wrong))
    assert {error["error"] for error in errors_of(read)} <= ENTRY_ERRORS
    assert isinstance(read, Report) is bool(good)
    assert all(one["status"] in (2, 3, "2", "3") for one in good)


reported = st.tuples(st.integers(min_value=0, max_value=3), st.sampled_from([2, "2", 3, "3"]))


@given(st.lists(reported, min_size=1, max_size=8))
def test_in_one_report_a_success_beats_a_failure_in_any_order(said):
    messages = [{"hash": f"{message:016x}", "status": status} for message, status in said]

    read = read_report(body({"messages": messages}))

    assert isinstance(read, Report)
    assert read.outcomes == {
        message: any(str(status) == "2" for one, status in said if one == message)
        for message, _ in said
    }
