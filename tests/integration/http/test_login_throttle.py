"""
Too many wrong passwords over HTTP.
"""

import pytest

WRONG = (401, "401 Unauthorized - Username or Password wrong")


def answer(reply):
    return reply.status_code, reply.text


@pytest.fixture
def attacked(site):
    """Somebody has guessed ten times, and nobody has logged in yet."""
    site.authenticator.is_forgetful = True
    for number in range(10):
        reply = site.api_php(password=f"guessed-word {number}")
        assert answer(reply) == WRONG
        assert "retry-after" not in reply.headers
    return site


def test_after_ten_mistakes_the_answer_says_when_to_come_back(attacked):
    reply = attacked.api_php(password="guessed-word 11")

    assert answer(reply) == WRONG
    assert reply.headers["retry-after"] == "30"


def test_while_it_lasts_the_right_password_is_not_looked_at(attacked):
    reply = attacked.api_php()

    assert answer(reply) == WRONG
    assert reply.headers["retry-after"] == "30"


def test_half_a_minute_later_one_may_log_in(attacked):
    attacked.clock.move(seconds=30)

    assert attacked.api_php().status_code == 200


def test_what_was_verified_lately_passes(attacked):
    attacked.authenticator.is_forgetful = False

    assert attacked.api_php().status_code == 200


def test_unknown_users_are_told_the_same(site):
    def tell(username):
        replies = [site.api_php(username=username, password="guessed-word") for _ in range(12)]
        return [(answer(reply), reply.headers.get("retry-after")) for reply in replies]

    assert tell("apiuser") == tell("nobody")


def test_whoever_has_logged_in_before_is_never_slowed_down(site):
    site.authenticator.is_forgetful = True
    assert site.api_php().status_code == 200
    for number in range(60):
        site.api_php(username=f"user{number % 5}", password=f"guessed-word {number}")
        site.api_php(password=f"guessed-word {number}")

    assert site.api_php(password="guessed-word").headers["retry-after"]
    assert site.api_php().status_code == 200


def test_state_php_counts_with_api_php(attacked):
    parameters = {"uid": "0" * 16, "username": "apiuser", "password": "guessed-word"}

    reply = attacked.client.get("/state.php", params=parameters)

    assert answer(reply) == WRONG
    assert reply.headers["retry-after"] == "30"


def test_other_users_behind_the_address_go_on(attacked):
    attacked.gateway.administration.create_user(
        "another", account="acme", password="other-word", permissions=["api.send"]
    )

    assert attacked.api_php(username="another", password="other-word").status_code == 200


def test_a_right_password_without_permission_is_no_mistake(make_site):
    site = make_site(permission="console")

    assert {site.api_php().status_code for _ in range(12)} == {403}
