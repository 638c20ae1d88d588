"""
The blocking client and the asynchronous one are the same to whoever uses them.
"""

import inspect

import pytest

import smscore_client as sms
from smscore_client import _awaited, _blocking

GROUPS = ["MessageCalls", "AccountCalls", "InboundCalls", "WebhookCalls", "Paged"]
CALLS = [
    (group, name)
    for group in GROUPS
    for name, _ in inspect.getmembers(getattr(_blocking, group), inspect.isfunction)
    if not name.startswith("_")
]


@pytest.mark.parametrize("group", GROUPS)
def test_both_have_the_same_calls(group):
    ours, theirs = getattr(_blocking, group), getattr(_awaited, f"Async{group}")

    public = [name for name in dir(ours) if not name.startswith("_")]
    assert public == [name for name in dir(theirs) if not name.startswith("_")]
    assert inspect.getdoc(ours) == inspect.getdoc(theirs)


@pytest.mark.parametrize(("group", "name"), CALLS)
def test_a_call_has_the_same_arguments_answer_and_description(group, name):
    ours = getattr(getattr(_blocking, group), name)
    theirs = getattr(getattr(_awaited, f"Async{group}"), name)

    signature = str(inspect.signature(theirs)).replace("_awaited.Async", "_blocking.")
    signature = signature.replace("AsyncIterator", "Iterator")
    assert signature == str(inspect.signature(ours))
    assert inspect.getdoc(ours) == inspect.getdoc(theirs)


def test_both_are_made_with_the_same_options():
    ours, theirs = (inspect.signature(one).parameters for one in (sms.Client, sms.AsyncClient))

    assert list(ours) == list(theirs)
