"""
/api.php: what is refused, in which order, and with which bytes.
"""

import pytest

REFUSED = "Error. See Gateway logs for more information."
MISSING = "Error: Parameter miss"
WRONG_LOGIN = "401 Unauthorized - Username or Password wrong"
NO_RIGHT = "403 Forbidden - Your User has no right to send SMS over API"
TIMEOUT = "FAILED - Timeout or see Gateway logs for more information."


@pytest.mark.parametrize("name", ["username", "password", "to", "text"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_missing_parameter_is_named_as_such(site, name, method):
    reply = site.api_php(method, **{name: ""})

    assert (reply.status_code, reply.text) == (400, MISSING)
    assert site.stored() == []


def test_nothing_at_all_is_a_missing_parameter(site):
    reply = site.client.post("/api.php")

    assert (reply.status_code, reply.content) == (400, MISSING.encode())


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "wrong-word"},
        {"username": "nobody"},
        {"username": "api\0user"},
        {"username": "x" * 5000, "password": "y" * 5000},
    ],
)
def test_unknown_users_and_wrong_passwords_are_indistinguishable(site, wrong):
    reply = site.api_php(**wrong)

    assert (reply.status_code, reply.text) == (401, WRONG_LOGIN)
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert site.stored() == []


@pytest.mark.parametrize("permission", ["", "api.status", "console"])
def test_a_user_without_the_permission_may_not_send(make_site, permission):
    site = make_site(permission=permission)

    reply = site.api_php()

    assert (reply.status_code, reply.text) == (403, NO_RIGHT)
    assert site.stored() == []


def test_parameters_are_checked_before_credentials(site):
    assert site.api_php(password="wrong-word", text="").text == MISSING
    assert site.api_php(password="wrong-word", list="white").text == MISSING


def test_credentials_are_checked_before_recipients(site):
    assert site.api_php(password="wrong-word", to="x").text == WRONG_LOGIN


def test_the_permission_is_checked_before_recipients(make_site):
    assert make_site(permission="").api_php(to="x").text == NO_RIGHT


@pytest.mark.parametrize(
    "bad",
    [
        {"to": "x"},
        {"to": "12"},
        {"to": "123456789012345678901"},
        {"to": "+49170\n"},
        {"to": "٠١٧٠١٢٣٤٥"},
        {"to": "+49+170"},
        {"to": " "},
        {"text": "abc", "hexmode": "true"},
        {"text": "zz", "hexmode": "true"},
        {"text": "61 62", "hexmode": "TRUE"},
        {"text": "x" * 1601},
        {"ring": "true"},
        {"ring": "1", "text": ""},
        {"ring": "1", "mode": "telnumber"},
        {"idempotency_key": "x" * 256},
        {"idempotency_key": "ü"},
    ],
)
def test_what_cannot_be_sent_is_refused_with_one_sentence(site, bad):
    reply = site.api_php(**bad)

    assert (reply.status_code, reply.text) == (400, REFUSED)
    assert reply.headers["x-error-reason"]
    assert site.stored() == []


def test_1600_characters_are_not_too_many(site):
    assert site.api_php(text="ü" * 1600).status_code == 200


def test_a_recipient_cannot_inject_a_header(site):
    reply = site.api_php(to="1\r\nX-Injected: yes" + "ü" * 300)

    reason = reply.headers["x-error-reason"]
    assert "x-injected" not in reply.headers
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) <= 200


def test_the_reason_is_a_second_line_if_the_operator_wants_it(make_site):
    reply = make_site(http={"explain": True}).api_php(to="x")

    assert reply.text == f"{REFUSED}\n{reply.headers['x-error-reason']}"


@pytest.mark.parametrize(
    ("given", "permission", "told"),
    [
        ({"to": ""}, "api.send", ("Error: Parameter miss", "'to'")),
        ({"list": "white"}, "api.send", ("Error: Parameter miss", "'regex'")),
        ({"mode": "user", "to": "anna"}, "api.send", (REFUSED, "'anna'")),
        ({"mode": "telnumber", "telauto": "no"}, "api.send", (REFUSED, "link")),
        ({"list": "black", "regex": "(?=4)"}, "api.send", (REFUSED, "(?=")),
        ({}, "api.status", (NO_RIGHT, "api.send")),
    ],
)
@pytest.mark.parametrize("explain", [True, False])
def test_the_reason_is_told_in_a_header_and_to_whom_it_is_explained(
    make_site, given, permission, told, explain
):
    reply = make_site(http={"explain": explain}, permission=permission).api_php(**given)

    sentence, why = told
    reason = reply.headers["x-error-reason"]
    assert why in reason
    assert reply.text == (f"{sentence}\n{reason}" if explain else sentence)


def test_why_a_login_is_wrong_is_told_to_nobody(make_site):
    site = make_site(http={"explain": True})
    wrong, unknown = site.api_php(password="x"), site.api_php(username="x")

    assert wrong.content == unknown.content == WRONG_LOGIN.encode()
    assert wrong.headers == unknown.headers


def test_the_log_names_the_reason_but_no_full_number(site, caplog):
    caplog.set_level("INFO", logger="smscore_http")

    site.api_php(to="+49170123456x")

    assert "invalid_phone_number" in caplog.text
    assert "49170123456" not in caplog.text


@pytest.mark.parametrize(
    "account",
    [
        {"credits": 0},
        {"monthly_limit": 0},
    ],
)
def test_what_the_account_does_not_allow_is_refused(make_site, account):
    site = make_site(**account)

    reply = site.api_php()

    assert (reply.status_code, reply.text) == (400, REFUSED)
    assert site.stored() == []


def test_a_store_that_cannot_keep_up_is_a_timeout(site):
    site.store.is_full = True

    reply = site.api_php()

    assert (reply.status_code, reply.text) == (408, TIMEOUT)
    site.store.is_full = False
    assert site.stored() == []


@pytest.mark.parametrize("timeout", [0.01, 60])
def test_the_shortest_and_the_longest_time_that_can_be_configured_work(make_site, timeout):
    reply = make_site(http={"submit_timeout": timeout}).api_php()

    assert reply.status_code in (200, 408)


def test_a_password_check_that_takes_too_long_is_a_timeout(make_site):
    site = make_site(http={"submit_timeout": 0.05})
    site.authenticator.may_answer.clear()

    reply = site.api_php()

    assert (reply.status_code, reply.text) == (408, TIMEOUT)
    site.authenticator.may_answer.set()
    assert site.stored() == []
