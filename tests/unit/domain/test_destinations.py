"""Where an inbound message may go, and what of it everybody may see."""

import pytest

from smscore.domain.destinations import HttpCall, IsmsPush
from smscore.errors import InvalidRequest

SECRET = "http://10.0.0.9:8080/in?key=hush-word"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.org/", "must be an http or https address"),
        ("http://user:word@example.org/", "must not hold a user name or a password"),
        ("http://example.org/?t=$TEXT$", "url holds $TEXT$; known are $NUMBER$, $TXT$"),
        ("http://example.org/?t=$txt$", r"url holds $txt$"),
        ("http://example.org/$TXT$/in?n=$NUMBER$", "outside its query"),
        ("http://example.org/?n=$NUMBER$#$TXT$", "outside its query"),
        ("http://$NUMBER$.example.org/", "must be percent-encoded"),
    ],
)
def test_an_address_that_cannot_be_called_is_refused(url: str, why: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        HttpCall(url=url)

    assert why in str(refused.value)


def test_a_form_has_the_message_and_its_address_does_not() -> None:
    with pytest.raises(InvalidRequest, match=r"holds \$NUMBER\$, which isms_push does not fill in"):
        IsmsPush(url="http://example.org/?n=$NUMBER$")


def test_an_address_may_hold_dollars_that_stand_for_nothing() -> None:
    assert HttpCall(url="http://example.org/$a/?price=$5&b=$&c=$TXT$").kind == "http"


def test_only_the_host_of_an_address_is_shown() -> None:
    call = HttpCall(url=SECRET)
    push = IsmsPush(url=SECRET, username="horst", password="push-word")

    assert call.label == "http http://10.0.0.9:8080"
    assert push.label == "isms_push http://10.0.0.9:8080"
    for secret in ("hush-word", "horst", "push-word"):
        assert secret not in f"{call!r} {push!r}"
