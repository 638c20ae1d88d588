import pytest

from smscore_http.queue_api._ranges import Part, Verdict, requested

TAG = b'"abc"'


def asked(**headers: bytes):
    """Of a file of a hundred bytes."""
    named = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return requested(named, size=100, etag=TAG)


@pytest.mark.parametrize(
    ("written", "part"),
    [
        (b"bytes=0-0", Part(0, 1)),
        (b"bytes=0-", Part(0, 100)),
        (b"bytes=10-19", Part(10, 20)),
        (b"bytes=99-", Part(99, 100)),
        (b"bytes=50-" + b"9" * 5000, Part(50, 100)),
        (b"bytes=-1", Part(99, 100)),
        (b"bytes=-100", Part(0, 100)),
        (b"bytes=-500", Part(0, 100)),
        (b"bytes=000010-0000019", Part(10, 20)),
        (b"BYTES=10-19", Part(10, 20)),
        (b"bytes= 10-19 ", Part(10, 20)),
    ],
)
def test_one_range_is_served(written: bytes, part: Part):
    assert asked(range=written) == part


@pytest.mark.parametrize(
    "written",
    [b"bytes=100-", b"bytes=100-100", b"bytes=-0", b"bytes=" + b"9" * 5000 + b"-"],
    ids=lambda written: written[:20].decode(),
)
def test_a_range_behind_the_end_cannot_be_satisfied(written: bytes):
    assert asked(range=written) is Verdict.UNSATISFIABLE


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"bytes",
        b"bytes=",
        b"bytes=-",
        b"bytes=x-",
        b"bytes=20-10",
        b"bytes=1-2,5-6",  # several may be ignored, and are
        b"bytes=1",
        b"items=0-1",
        b"bytes=\xb2-",
        b"bytes=+1-2",
    ],
)
def test_what_is_no_single_range_means_the_whole_file(written: bytes):
    assert asked(range=written) is Verdict.WHOLE


@pytest.mark.parametrize("known", [TAG, b"*", b'W/"abc"', b'"x", "abc"', b'"x",W/"abc" , "y"'])
def test_a_client_that_has_the_file_gets_nothing(known: bytes):
    assert asked(if_none_match=known) is Verdict.NOT_MODIFIED
    assert asked(if_none_match=known, range=b"bytes=0-0") is Verdict.NOT_MODIFIED


@pytest.mark.parametrize("known", [b"", b'"ab"', b"abc", b'"abc', b'W/"ABC"'])
def test_a_client_that_has_another_file_gets_it(known: bytes):
    assert asked(if_none_match=known) is Verdict.WHOLE


def test_a_resumed_download_goes_on_with_the_same_file_only():
    assert asked(range=b"bytes=10-", if_range=TAG) == Part(10, 100)
    for other in (b'"abd"', b'W/"abc"', b"Sun, 22 Nov 2026 12:00:00 GMT"):
        assert asked(range=b"bytes=10-", if_range=other) is Verdict.WHOLE


@pytest.mark.parametrize("begun", [TAG, b"*", b'"x", "abc"', b'W/"x" , "abc"'])
def test_android_goes_on_with_the_same_file(begun: bytes):
    assert asked(range=b"bytes=10-", if_match=begun) == Part(10, 100)


@pytest.mark.parametrize("begun", [b"", b'"x"', b'W/"abc"', b"abc", b'"abc', b'"x", W/"abc"'])
def test_android_does_not_go_on_with_another_file(begun: bytes):
    assert asked(range=b"bytes=10-", if_match=begun) is Verdict.CHANGED
    assert asked(if_match=begun, if_none_match=TAG) is Verdict.CHANGED
