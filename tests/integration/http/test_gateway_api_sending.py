"""
/api.php: what is accepted, and how the message then looks.
"""

import pytest

REFUSED = "Error. See Gateway logs for more information."


def test_a_message_is_accepted_with_exactly_these_bytes(site):
    reply = site.api_php()

    (tracked,) = site.stored()
    assert reply.status_code == 200
    assert reply.content == f"OK\nID: {tracked.message.id:016x}".encode()
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["content-length"] == str(len(reply.content))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_both_methods_send(site, method):
    assert site.api_php(method).status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == ["Test"]


def test_a_post_without_a_body_may_claim_to_be_multipart_without_a_boundary(site):
    reply = site.client.post(
        "/api.php?username=apiuser&password=secret-word&to=0170123&text=hi",
        headers={"Content-Type": "multipart/form-data"},
    )

    assert reply.status_code == 200


def test_the_body_wins_over_the_query(site):
    site.client.post(
        "/api.php?username=apiuser&password=wrong&to=0170123&text=query",
        data={"password": "secret-word", "text": "body"},
    )

    assert [tracked.message.text for tracked in site.stored()] == ["body"]


def test_the_last_of_a_repeated_parameter_wins(site):
    site.client.get("/api.php?username=apiuser&password=secret-word&to=0170123&text=a&text=b")

    assert [tracked.message.text for tracked in site.stored()] == ["b"]


def test_a_field_without_a_name_is_no_parameter(site):
    body = b'--X\r\nContent-Disposition: form-data; name=""\r\n\r\nTest\r\n--X--\r\n'

    reply = site.client.post(
        "/api.php", content=body, headers={"Content-Type": "multipart/form-data; boundary=X"}
    )

    assert (reply.status_code, reply.text) == (400, "Error: Parameter miss")


def test_a_real_multipart_form_is_read(site):
    reply = site.client.post(
        "/api.php?username=apiuser&password=secret-word",
        content=(
            b'--X\r\nContent-Disposition: form-data; name="to"\r\n\r\n0170123\r\n'
            b'--X\r\nContent-Disposition: form-data; name="text"\r\n\r\nline 1\r\nline 2\r\n'
            b"--X--\r\n"
        ),
        headers={"Content-Type": 'multipart/form-data; boundary="X"'},
    )

    assert reply.status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == ["line 1\r\nline 2"]


def test_a_body_of_another_type_is_left_alone(site):
    reply = site.client.post(
        "/api.php?username=apiuser&password=secret-word&to=0170123&text=query",
        content=b"text=body",
        headers={"Content-Type": "application/octet-stream"},
    )

    assert reply.status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == ["query"]


def test_a_text_that_is_not_utf_8_is_decoded_with_replacement(site):
    reply = site.client.get(
        "/api.php?username=apiuser&password=secret-word&to=0170123&text=gr%FC%DF"
    )

    assert reply.status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == ["gr\ufffd\ufffd"]


def test_a_nul_is_replaced(site):
    site.api_php(text="a\0b")

    assert [tracked.message.text for tracked in site.stored()] == ["a\ufffdb"]


def test_nothing_is_trimmed_from_a_text(site):
    site.api_php(text="  a\r\nb \n")

    assert [tracked.message.text for tracked in site.stored()] == ["  a\r\nb \n"]


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("00491701234567", "+491701234567"),
        ("0170 1234567", "+491701234567"),
        ("(0170) 123-45.67/8", "+4917012345678"),
        (" 491701234567", "+491701234567"),  # a plus sign that was not encoded
        ("  01701234567 ", "+491701234567"),
        ("491701234567", "+491701234567"),
        ("+1234567890", "+1234567890"),
    ],
)
def test_a_number_is_read_however_it_is_written(site, given, normal):
    assert site.api_php(to=given).status_code == 200
    assert [tracked.message.recipient.value for tracked in site.stored()] == [normal]


@pytest.mark.parametrize("mode", ["number", "", "no-such-mode", "NUMBER"])
def test_a_mode_that_is_none_is_a_number(site, mode):
    assert site.api_php(mode=mode).status_code == 200


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("48616c6c6f", "Hallo"),
        ("C3BC", "ü"),
        ("fc", "ü"),  # no UTF-8, so ISO-8859-1
        ("610062", "a\ufffdb"),
    ],
)
def test_hexadecimal_text_is_decoded(site, digits, text):
    assert site.api_php(text=digits, hexmode="true").status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == [text]


def test_hexmode_that_is_off_leaves_the_text_alone(site):
    site.api_php(text="4861", hexmode="false")

    assert [tracked.message.text for tracked in site.stored()] == ["4861"]


@pytest.mark.parametrize(
    ("value", "flash"), [("true", True), ("1", True), ("x", True), ("0", False), ("no", False)]
)
def test_flash_is_on_unless_it_says_no(site, value, flash):
    site.api_php(flash=value)

    assert [tracked.message.flash for tracked in site.stored()] == [flash]


def test_a_regex_alone_is_ignored(site):
    assert site.api_php(regex=".*").status_code == 200


@pytest.mark.parametrize("key", [{"idempotency_key": "k"}, {}])
def test_the_same_key_and_content_gets_the_first_answer_again(site, key):
    def send():
        return site.client.post(
            "/api.php",
            data={
                "username": "apiuser",
                "password": "secret-word",
                "to": "0170123",
                "text": "once",
                **key,
            },
            headers={} if key else {"Idempotency-Key": "k"},
        )

    first, second = send(), send()

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert len(site.stored()) == 1


def test_a_key_with_other_content_is_refused(site):
    site.api_php(idempotency_key="k", text="one")

    reply = site.api_php(idempotency_key="k", text="two")

    assert (reply.status_code, reply.text) == (400, REFUSED)
    assert len(site.stored()) == 1
