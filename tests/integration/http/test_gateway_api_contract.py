"""
/api.php as its tables say, row by row and byte by byte, whichever way a request comes.

What is told of parameters in more detail is in the files of the same name beside this one.
"""

import pytest
from doors import everybody

from smscore.domain.accounts import Account
from smscore.domain.messages import Medium
from smscore.domain.routes import Route
from smscore.errors import StoreUnavailable
from smscore.testing import NOON

BAD = "Error. See Gateway logs for more information."
MISSING = "Error: Parameter miss"
WRONG_LOGIN = "401 Unauthorized - Username or Password wrong"
NO_RIGHT = "403 Forbidden - Your User has no right to send SMS over API"
TIMEOUT = "FAILED - Timeout or see Gateway logs for more information."

GIVEN = {
    "username": "apiuser",
    "password": "secret-word",
    "to": "00491701234567",
    "text": "Test",
}


@pytest.fixture(params=["GET", "POST", "POST with a query"])
def call(request):
    """Calls api.php with all that is required, but for what the test says; None leaves out."""

    def call(site, **changes):
        given = {name: value for name, value in {**GIVEN, **changes}.items() if value is not None}
        if request.param == "POST":
            return site.client.post("/api.php", data=given)
        return site.client.request(request.param[:4].strip(), "/api.php", params=given)

    return call


def assert_refused(site, reply, *, status=400, body=BAD):
    """Exactly these bytes, and nothing stored."""
    assert (reply.status_code, reply.content) == (status, body.encode())
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["content-length"] == str(len(body))
    assert site.stored() == []


def media(site):
    return [tracked.message.medium for tracked in site.stored()]


def recipients(site):
    return sorted(tracked.message.recipient.value for tracked in site.stored())


# Statuses and bodies.


def test_200_with_a_line_for_each_message(site, call):
    everybody(site)

    reply = call(site, mode="group", to="on-call")

    assert reply.status_code == 200
    lines = reply.content.split(b"\n")
    assert lines[0] == b"OK"
    assert sorted(lines[1:]) == sorted(b"ID: %016x" % one.message.id for one in site.stored())
    assert len(lines) == 1 + 3
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param({"mode": "group", "to": "nobody"}, id="unknown group"),
        pytest.param({"mode": "telgroup", "to": "7"}, id="unknown group by its id"),
        pytest.param({"mode": "user", "to": "nobody"}, id="unknown contact"),
        pytest.param({"mode": "teluser", "to": "7"}, id="unknown contact by its id"),
        pytest.param({"mode": "user", "to": "mail"}, id="contact without a number"),
        pytest.param({"mode": "group", "to": "empty"}, id="group with nobody in it"),
        pytest.param({"to": "x"}, id="bad number"),
        pytest.param({"list": "white", "regex": "^44"}, id="nothing left by the white list"),
        pytest.param({"list": "black", "regex": "^49"}, id="nothing left by the black list"),
        pytest.param({"hexmode": "true", "text": "4"}, id="odd hex"),
        pytest.param({"hexmode": "true", "text": "4g"}, id="not hex"),
        pytest.param({"list": "white", "regex": "("}, id="bad pattern"),
        pytest.param({"list": "black", "regex": "(?<=4)9"}, id="look-around"),
        pytest.param({"list": "black", "regex": r"(4)\1"}, id="back-reference"),
        pytest.param({"list": "black", "regex": "4" * 513}, id="pattern too long"),
        pytest.param({"list": "purple", "regex": "."}, id="neither white nor black"),
        pytest.param({"list": "WHITE", "regex": "."}, id="the case counts"),
        pytest.param({"text": "x" * 1601}, id="text too long"),
        pytest.param({"ring": "1", "text": None}, id="no transport can ring"),
        pytest.param({"mode": "telnumber", "telauto": "false"}, id="not linked"),
    ],
)
def test_400_with_one_sentence(site, call, bad):
    everybody(site)

    reply = call(site, **bad)

    assert_refused(site, reply)
    assert reply.headers["x-error-reason"].isascii()


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("name", ["username", "password", "to", "text"])
def test_400_for_a_parameter_that_is_missing_or_empty(site, call, name, value):
    assert_refused(site, call(site, **{name: value}), body=MISSING)


@pytest.mark.parametrize("colour", ["white", "black", "purple"])
def test_400_for_a_list_without_a_regex(site, call, colour):
    assert_refused(site, call(site, list=colour), body=MISSING)
    assert_refused(site, call(site, list=colour, regex=""), body=MISSING)


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}])
def test_401_whether_the_name_or_the_password_is_wrong(site, call, wrong):
    reply = call(site, **wrong)

    assert_refused(site, reply, status=401, body=WRONG_LOGIN)
    assert "x-error-reason" not in reply.headers


@pytest.mark.parametrize("permission", ["", "api.status", "console", "admin"])
def test_403_without_the_permission(make_site, call, permission):
    site = make_site(permission=permission)

    assert_refused(site, call(site), status=403, body=NO_RIGHT)


def test_408_when_the_store_does_not_take_it(site, call):
    site.store.fail(StoreUnavailable("the disk is full"))

    reply = call(site)

    site.store.fail(None)
    assert_refused(site, reply, status=408, body=TIMEOUT)


# What the core refuses.


@pytest.mark.parametrize(
    "account",
    [
        pytest.param({"subscription_until": NOON}, id="no subscription"),
        pytest.param({"monthly_limit": 0}, id="month's limit"),
        pytest.param({"credits": 0}, id="credits"),
    ],
)
@pytest.mark.parametrize("mode", ["number", "group"])
def test_400_for_what_the_account_does_not_allow(make_site, call, account, mode):
    site = make_site(**account)
    everybody(site)

    assert_refused(site, call(site, mode=mode, to="0170123" if mode == "number" else "on-call"))


def test_400_for_an_idempotency_key_that_was_used_for_something_else(site, call):
    call(site, idempotency_key="k", text="one")

    reply = call(site, idempotency_key="k", text="two")

    assert (reply.status_code, reply.text) == (400, BAD)
    assert len(site.stored()) == 1


# The order of checks: parameters, credentials, permission, recipients.


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"text": None, "password": "wrong", "to": "x"}, 400),
        ({"list": "white", "password": "wrong"}, 400),
        ({"password": "wrong", "to": "x"}, 401),
        ({"password": "wrong", "list": "white", "regex": "("}, 401),
        ({"password": "wrong", "list": "purple", "regex": "."}, 401),
        ({"password": "wrong", "hexmode": "true", "text": "zz"}, 401),
        ({"to": "x"}, 403),
        ({"mode": "user", "to": "nobody"}, 403),
        ({"list": "white", "regex": "("}, 403),
        ({"hexmode": "true", "text": "zz"}, 403),
    ],
)
def test_what_is_checked_first_is_told(make_site, call, wrong, status):
    site = make_site(permission="api.status")

    body = {400: MISSING, 401: WRONG_LOGIN, 403: NO_RIGHT}[status]
    assert_refused(site, call(site, **wrong), status=status, body=body)


# mode


@pytest.mark.parametrize(
    ("mode", "to", "found"),
    [
        ("number", "0170 1111111", ["+491701111111"]),
        ("telnumber", "0170 1111111", ["+491701111111"]),
        ("no-such-mode", "0170 1111111", ["+491701111111"]),
        ("user", "anna", ["+491701111111"]),
        ("user", "1", ["+491701111111"]),
        ("user", " anna ", ["+491701111111"]),
        ("user", "2", ["+447700900123"]),  # an id first, and a name only then
        ("teluser", "anna", ["+491701111111"]),
        ("group", "night", ["+491701111111"]),
        ("group", "2", ["+491701111111"]),
        ("group", "on-call", ["+447700900123", "+491701111111", "+491702222222"]),
        ("telgroup", "on-call", ["+447700900123", "+491701111111", "+491702222222"]),
    ],
)
def test_the_mode_says_who_is_meant(site, call, mode, to, found):
    everybody(site)

    assert call(site, mode=mode, to=to).status_code == 200
    assert recipients(site) == found
    automatic = Medium.AUTOMATIC if mode.startswith("tel") else Medium.SMS
    assert set(media(site)) == {automatic}


def test_the_directory_of_another_account_is_not_seen(site, call):
    other: Account = site.gateway.administration.create_account("other")
    site.gateway.directory.contacts.add(other.id, "anna", number="+491701111111")

    assert_refused(site, call(site, mode="user", to="anna"))


def test_a_group_is_sent_to_those_it_can_be(site, call, caplog):
    caplog.set_level("INFO", logger="smscore_http")
    everybody(site)
    site.keep_old_rules(Route(name="abroad", channels=("gone",), prefixes=("+44",)))

    assert call(site, mode="group", to="on-call").status_code == 200
    assert recipients(site) == ["+491701111111", "+491702222222"]
    assert "1 recipients of 3 left out: no_route" in caplog.text


def test_a_group_that_can_be_sent_to_nobody_is_refused(site, call):
    everybody(site)
    site.keep_old_rules(Route(name="nowhere", channels=("gone",)))

    reply = call(site, mode="group", to="on-call")

    assert_refused(site, reply)
    assert "no channel may carry a message" in reply.headers["x-error-reason"]


# list and regex


@pytest.mark.parametrize(
    ("colour", "regex", "found"),
    [
        ("white", "^49", ["+491701111111", "+491702222222"]),
        ("black", "^49", ["+447700900123"]),
        ("white", "1111", ["+491701111111"]),  # it is not anchored
        ("white", r"^\+49", ["+491701111111", "+491702222222"]),  # and as it stands there
        ("black", "123$|2222$", ["+491701111111"]),
    ],
)
def test_a_list_says_who_of_a_group_gets_it(site, call, colour, regex, found):
    everybody(site)

    assert call(site, mode="group", to="on-call", list=colour, regex=regex).status_code == 200
    assert recipients(site) == found


@pytest.mark.parametrize(
    ("regex", "is_on_it"),
    [
        ("^491701", True),  # digits, with the country's code
        ("^0170 1", True),  # and as given
        ("170123", True),
        ("^170", False),
        (r"\+", False),
    ],
)
def test_a_list_looks_at_a_number_with_its_country_and_as_given(site, call, regex, is_on_it):
    white = call(site, to="0170 1234567", list="white", regex=regex)
    black = call(site, to="0170 1234567", list="black", regex=regex)

    statuses = (white.status_code, black.status_code)
    assert statuses == ((200, 400) if is_on_it else (400, 200))


def test_a_regex_alone_is_ignored(site, call):
    assert call(site, regex="(").status_code == 200


@pytest.mark.parametrize(
    ("pattern", "number"), [("(0|00)+1$", "0" * 20), ("(0*)*1", "0" * 20), ("(.*)*(.*)*x", "12345")]
)
def test_a_catastrophic_pattern_takes_no_time(site, call, pattern, number):
    reply = call(site, to=number, list="white", regex=pattern)

    assert reply.status_code == 400
    assert (
        reply.elapsed.total_seconds() < 2
    )  # on a busy machine; a back-tracking engine needs years


# hexmode, flash, ring, telauto


@pytest.mark.parametrize(
    ("digits", "text"),
    [("48616c6c6f", "Hallo"), ("C3BC", "ü"), ("fc", "ü"), ("48616C6C6F0A", "Hallo\n")],
)
def test_hexmode_takes_utf_8_or_else_iso_8859_1(site, call, digits, text):
    assert call(site, hexmode="true", text=digits).status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == [text]


@pytest.mark.parametrize(
    ("value", "is_on"),
    [
        *(("true", True), ("1", True), ("on", True), ("whatever", True)),
        *(("false", False), ("0", False), ("no", False), ("off", False), ("FALSE", False)),
        *(("", False), (None, False)),
    ],
)
def test_flash_is_on_unless_it_says_no(site, call, value, is_on):
    assert call(site, flash=value).status_code == 200
    assert [tracked.message.flash for tracked in site.stored()] == [is_on]


def test_a_message_goes_to_telegram_first_where_the_number_is_linked(linked, call):
    assert call(linked, mode="telnumber").status_code == 200
    assert (media(linked), channels(linked)) == ([Medium.AUTOMATIC], ["chat", "fake"])


@pytest.mark.parametrize("value", ["false", "FALSE", "0", "no", "off"])
def test_without_telauto_no_sms_takes_its_place(linked, call, value):
    assert call(linked, mode="telnumber", telauto=value).status_code == 200
    assert (media(linked), channels(linked)) == ([Medium.TELEGRAM], ["chat"])


@pytest.mark.parametrize("value", ["true", "1", "", None])
def test_with_telauto_an_sms_takes_its_place(linked, call, value):
    assert call(linked, mode="telnumber", telauto=value).status_code == 200
    assert channels(linked) == ["chat", "fake"]


def test_telauto_changes_nothing_for_an_sms(linked, call):
    assert call(linked, mode="number", telauto="false").status_code == 200
    assert (media(linked), channels(linked)) == ([Medium.SMS], ["fake"])


@pytest.mark.parametrize("mode", ["number", "telnumber"])
@pytest.mark.parametrize("text", ["ignored", "", None])
def test_ring_is_a_call_whatever_the_text(with_voice, call, mode, text):
    reply = call(with_voice, ring="1", mode=mode, text=text, hexmode="true")

    assert reply.status_code == 200
    assert (media(with_voice), channels(with_voice)) == ([Medium.VOICE], ["caller"])


@pytest.mark.parametrize("value", ["false", "0", "no", "off", ""])
def test_ring_that_says_no_is_a_text(with_voice, call, value):
    assert call(with_voice, ring=value).status_code == 200
    assert media(with_voice) == [Medium.SMS]


def channels(site):
    [tracked] = site.stored()
    return [leg.channel for leg in tracked.delivery.route]
