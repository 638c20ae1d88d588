import contextlib
import logging
import socket
import threading

import pytest
from strict_server import LOST, UNHEARD, Answer

from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import ReportOutcome, Status
from smscore.domain.numbers import PhoneNumber
from smscore.domain.settings import AccountChanges
from smscore.errors import (
    ConfigurationError,
    Indeterminate,
    PermanentFailure,
    TemporaryFailure,
)

NUMBER = PhoneNumber("+491701234567")


def texts(network):
    return [job.text for job in network.jobs]


def test_what_was_fetched_is_sent_and_told(server, network, begin):
    server.queue("one", "two", "three")

    assert begin(device="attic").once() == (3, 3, 0, 0)

    assert texts(network) == ["one", "two", "three"]
    assert server.statuses() == {"one": 2, "two": 2, "three": 2}
    assert set(server.devices) == {"attic"}


def test_what_the_network_refuses_is_told_to_have_failed(server, network, begin):
    server.queue("no")
    network.fail_next(PermanentFailure("never"))

    assert begin().once() == (1, 0, 1, 0)

    assert server.statuses() == {"no": 3}


def test_a_delivery_report_is_awaited_for_as_long_as_the_patience_says(server, network, begin):
    server.queue("slow")
    life = begin(delivery_patience=60)

    assert life.until(lambda: network.sent) == (1, 0, 0, 1)
    assert server.statuses() == {"slow": 1}

    network.report(network.jobs[0].message)
    assert begin(delivery_patience=60).once() == (0, 1, 0, 0)
    assert server.statuses() == {"slow": 2}


def test_a_report_of_failure_is_told(server, network, begin):
    server.queue("lost on the way")
    begin(delivery_patience=60).until(lambda: network.sent)

    network.report(network.jobs[0].message, ReportOutcome.FAILED)

    assert begin(delivery_patience=60).once() == (0, 0, 1, 0)


def test_nothing_is_told_of_what_is_in_doubt_until_it_is_known(server, network, begin, caplog):
    server.queue("perhaps")
    network.fail_next(Indeterminate("no answer"))

    assert begin().until(lambda: "may or may not have left" in caplog.text) == (1, 0, 0, 1)
    assert server.statuses() == {"perhaps": 1}

    network.accept_late(network.jobs[0].message)
    assert begin().once() == (0, 1, 0, 0)
    assert texts(network) == ["perhaps"]


def test_a_report_whose_answer_was_lost_is_told_again(server, begin):
    (key,) = server.queue("one")
    server.script("status", LOST, UNHEARD)

    assert begin().once(patience=20) == (1, 1, 0, 0)

    assert server.reports == [{key: 2}, {key: 2}]


def test_an_outcome_is_told_by_the_next_life_if_this_one_could_not(server, begin):
    (key,) = server.queue("one")
    server.script("status", Answer(503, headers={"Retry-After": "60"}))
    assert begin().once(patience=30) == (1, 0, 0, 1)

    assert begin().once() == (0, 1, 0, 0)

    assert server.reports == [{key: 2}]


def test_what_was_told_is_not_told_again(server, begin):
    server.queue("one")
    begin().once()

    assert begin().once() == (0, 0, 0, 0)

    assert len(server.reports) == 1


def test_what_is_handed_out_again_is_told_again_and_not_sent_again(server, network, begin):
    (key,) = server.queue("one")
    begin().once()
    server.requeue(key)

    assert begin().once() == (1, 1, 0, 0)

    assert texts(network) == ["one"]
    assert server.reports == [{key: 2}, {key: 2}]


def test_what_is_handed_out_twice_at_once_is_sent_once(server, network, begin):
    (key,) = server.queue("one")
    message = {"phone": NUMBER.value, "text": "one", "hash": key}
    server.script("get_messages", Answer(200, [message, message]))

    begin().once()

    assert texts(network) == ["one"]


def test_what_never_left_is_sent_anew_when_it_is_handed_out_again(server, network, begin):
    (key,) = server.queue("one")
    network.fail_next(PermanentFailure("no credit on the SIM"))
    assert begin().once() == (1, 0, 1, 0)
    server.requeue(key)

    assert begin().once() == (1, 1, 0, 0)

    assert texts(network) == ["one", "one"]
    assert server.statuses() == {"one": 2}


def test_what_left_and_failed_is_not_sent_again(server, network, begin):
    (key,) = server.queue("one")
    begin(delivery_patience=60).until(lambda: network.sent)
    network.report(network.jobs[0].message, ReportOutcome.FAILED)
    assert begin().once() == (0, 0, 1, 0)
    server.requeue(key)

    assert begin().once() == (1, 0, 1, 0)

    assert texts(network) == ["one"]


def test_success_after_failure_is_told(server, network, begin):
    server.queue("late")
    begin(delivery_patience=60).until(lambda: network.sent)
    network.report(network.jobs[0].message, ReportOutcome.FAILED)
    begin().once()
    assert server.statuses() == {"late": 3}

    network.report(network.jobs[0].message, ReportOutcome.DELIVERED)

    assert begin().once() == (0, 1, 0, 0)
    assert server.statuses() == {"late": 2}


def test_messages_whose_answer_was_lost_are_sent_once_when_they_come_again(server, network, begin):
    (key,) = server.queue("one")
    server.script("get_messages", LOST)
    life = begin()
    assert life.once(patience=5) == (0, 0, 0, 0)
    assert server.statuses() == {"one": 1}

    server.requeue(key)

    assert begin().once() == (1, 1, 0, 0)
    assert texts(network) == ["one"]


def test_no_more_is_fetched_than_may_wait(server, network, begin):
    server.queue(*"abcde")
    network.fail_next(TemporaryFailure("later"))
    network.fail_next(TemporaryFailure("later"))

    assert begin(batch=3).until(lambda: len(network.jobs) == 3)[0] == 3
    begin(batch=3).once(patience=0.5)

    assert server.limits == [3, 1]


def test_nothing_is_fetched_while_nothing_can_be_sent(server, network, begin, caplog):
    server.queue("one")
    network.is_able = False

    assert begin().once(patience=0.5) == (None, 0, 0, 0)

    assert server.calls == []
    assert caplog.text.count("no channel here is running and ready") == 1


def test_nothing_is_fetched_while_all_channels_are_paused(server, begin):
    life = begin()
    life.gateway.administration.set_channel_mode("fake", ChannelMode.PAUSED)

    assert life.once(patience=0.5) == (None, 0, 0, 0)


def test_what_holds_no_text_is_told_to_have_failed(server, network, begin):
    server.queue("one", None, 5)

    assert begin().once() == (3, 1, 2, 0)

    assert server.statuses() == {"one": 2, None: 3, 5: 3}


def test_a_number_that_is_none_is_told_to_have_failed(server, network, begin):
    server.queue("one", phone="mother")

    assert begin().once() == (1, 0, 1, 0)


def test_what_has_no_hash_keeps_nothing_else_from_being_sent(server, network, begin, caplog):
    (key,) = server.queue("one")
    strange = [7, {}, {"hash": 3}, {"hash": "", "phone": "+49", "text": "x"}]
    message = {"phone": NUMBER.value, "text": "one", "hash": key}
    server.script("get_messages", Answer(200, [*strange, message]))

    begin().once()

    assert texts(network) == ["one"]
    assert "without a hash, which nobody can report: 4" in caplog.text


@pytest.mark.parametrize(
    ("written", "sent"),
    [(b"caf\xe9", "caf\ufffd"), (b"\\ud83d", "\ufffd"), (b"a\\u0000b", "a\ufffdb")],
)
def test_an_answer_that_is_not_quite_json_loses_nothing(server, network, begin, written, sent):
    server.queue("one", "two")
    first = b'{"phone":"+491701234567","text":"%b","hash":"%016x"}' % (written, 0)
    second = b'{"phone":"+491701234567","text":"two","hash":"%016x"}' % 1
    server.script("get_messages", Answer(200, b"\xef\xbb\xbf[%b,%b]" % (first, second)))

    assert begin().once() == (2, 2, 0, 0)

    assert texts(network) == [sent, "two"]


@pytest.mark.parametrize(
    "document", [b"<html>", b"[" * 100_000, b"[NaN", b'[{"hash":' + b"1" * 9_999 + b"}]"]
)
def test_an_answer_that_cannot_be_read_ends_nothing(server, begin, caplog, document):
    server.script("get_messages", Answer(200, document))

    assert begin(reconnect_delay=60).once(patience=1) == (None, 0, 0, 0)

    assert "an answer that is no JSON" in caplog.text


def test_a_hash_that_would_break_the_log_is_none(server, begin, caplog):
    forged = {"phone": "x", "text": "x", "hash": "1\n2026 ERROR forged\x1b[31m"}
    server.script("get_messages", Answer(200, [forged]))

    begin().once()

    assert "forged" not in caplog.text
    assert "without a hash, which nobody can report: 1" in caplog.text


def test_a_hash_that_comes_again_for_another_text_is_neither_sent_nor_told(
    server, network, begin, caplog
):
    (key,) = server.queue("one")
    begin().once()
    server.messages[key].text = "two"
    server.requeue(key)

    assert begin().once() == (1, 0, 0, 0)

    assert texts(network) == ["one"]
    assert server.messages[key].status == 1
    assert f"uses its hashes again: {key}" in caplog.text


def test_of_two_messages_with_one_hash_the_first_is_sent(server, network, begin, caplog):
    (key,) = server.queue("one")
    both = [{"phone": NUMBER.value, "text": text, "hash": key} for text in ("one", "two")]
    server.script("get_messages", Answer(200, both))

    begin().once()

    assert texts(network) == ["one"]
    assert f"uses its hashes again: {key}" in caplog.text


def test_the_log_says_why_a_message_is_refused(server, begin, caplog):
    server.queue("one", phone="mother")

    begin().once()

    assert "is refused here: 'mother'" in caplog.text


def test_the_log_says_when_the_server_does_not_know_what_it_hears(server, begin, caplog):
    (key,) = server.queue("one")
    server.script("status", Answer(200, {"ok": True, "updated": 0}))

    begin().once()

    assert f"does not know 1 of the messages that it was told of: {key}" in caplog.text


def test_an_address_that_cannot_be_looked_up_ends_nothing(begin, caplog):
    begin(server=f"http://{'a' * 64}.example/api", reconnect_delay=60).once(patience=1)

    assert "the server did not answer" in caplog.text


def test_what_the_account_here_may_not_send_yet_has_not_failed(server, network, begin, caplog):
    life = begin()
    life.gateway.administration.create_account("agent", monthly_limit=1)
    server.queue("one")
    assert life.once() == (1, 1, 0, 0)
    (key,) = server.queue("two")

    assert begin().until(lambda: "1 of 1 are used" in caplog.text) == (None, 0, 0, 0)

    assert server.messages[key].status == 1
    assert f"have the server hand them out again: {key}" in caplog.text
    server.requeue(key)
    life = begin()
    life.gateway.administration.change_account("agent", AccountChanges(monthly_limit=2))
    assert life.once() == (1, 1, 0, 0)


def test_outcomes_are_told_while_what_was_fetched_cannot_be_kept(server, network, begin, caplog):
    (one,) = server.queue("one")
    life = begin(delivery_patience=60)
    life.gateway.administration.create_account("agent", monthly_limit=1)
    life.until(lambda: network.sent)
    server.queue("two")
    jobs = iter(network.jobs)

    def told() -> bool:
        if "1 of 1 are used" in caplog.text:
            for job in jobs:
                network.report(job.message)
        return server.messages[one].status == 2

    begin(delivery_patience=60).until(told)

    assert server.statuses() == {"one": 2, "two": 1}


@pytest.mark.parametrize("document", [None, {}, {"ok": False}, [], "ok"])
def test_only_an_answer_that_says_ok_counts_as_heard(server, begin, document):
    server.queue("one")
    server.script("status", Answer(200, document))

    assert begin().once(patience=20) == (1, 1, 0, 0)

    assert len(server.reports) == 1


def test_an_outcome_that_the_server_refuses_keeps_no_other_from_being_heard(
    server, network, begin, caplog
):
    one, two = server.queue("one", "two")
    assert begin(delivery_patience=60).until(lambda: len(network.sent) == 2) == (2, 0, 0, 2)
    server.script("status", Answer(422, {"ok": False}), Answer(422, {"ok": False}))

    assert begin().once() == (0, 1, 0, 1)
    assert begin().once() == (0, 0, 0, 0)

    assert server.messages[two].status == 2
    assert f"does not take the outcome 2 of {one}" in caplog.text


def test_many_outcomes_are_told_in_pieces(server, begin):
    server.queue(*map(str, range(150)))

    assert begin(batch=200).once(patience=20) == (150, 150, 0, 0)

    assert max(map(len, server.reports)) <= 100


def test_a_national_number_is_understood_by_the_country_of_the_account(server, network, begin):
    server.queue("one", phone="01701234567")
    life = begin()
    life.gateway.administration.create_account("agent", home_country="DE")

    life.once()

    assert network.jobs[0].recipient == NUMBER


def test_a_text_of_any_length_and_alphabet_arrives_as_it_was(server, network, begin):
    text = "Żółć 🦆\r\n " * 200
    server.queue(text)

    begin().once(patience=10)

    assert texts(network) == [text]


def test_what_is_not_unicode_loses_no_message(server, network, begin):
    server.queue("one \ud83d", "two \0", "three", phone=NUMBER.value)

    assert begin().once() == (3, 3, 0, 0)

    assert texts(network) == ["one \ufffd", "two \ufffd", "three"]


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_says_so_and_asks_rarely(server, begin, caplog, status):
    server.script("get_messages", Answer(status))
    life = begin()

    life.once(patience=30)

    assert life.agent._failures == 1
    assert [one.levelno for one in caplog.records if one.name.startswith("smscore_agent")] == [
        logging.ERROR
    ]
    assert f"get_messages was answered {status}" in caplog.text


def test_a_redirection_is_not_followed(server, begin, caplog):
    target = f"{server.url}/{server.token}/get_messages?limit=1"
    server.script("get_messages", Answer(307, headers={"Location": target}))

    begin().once(patience=30)

    assert server.calls == ["get_messages"]


@pytest.mark.parametrize(
    "begun", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "]
)
def test_an_answer_without_end_is_not_waited_for(begin, caplog, begun):
    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(begun)
            with contextlib.suppress(OSError):
                while not is_over.wait(0.02):
                    connection.sendall(b"[")

    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
        begin(server=url, timeout=0.3, reconnect_delay=60).once(patience=10)
        is_over.set()
        thread.join()

    assert "takes too long" in caplog.text


def test_an_answer_that_fills_the_memory_is_not_read(server, begin, caplog):
    server.script("get_messages", Answer(200, ["x" * 9_000_000]))

    begin(reconnect_delay=60).once()

    assert "the answer is too long" in caplog.text


def test_another_token_is_used_as_soon_as_it_is_there(server, begin):
    server.queue("one")
    tokens = iter(["wrong" * 5])

    assert begin(token=lambda: next(tokens, server.token)).once(patience=30)[0] is None
    assert begin(token=lambda: next(tokens, server.token)).once()[0] == 1


def test_a_token_that_cannot_be_read_ends_nothing(server, begin, caplog):
    def token():
        raise ConfigurationError("token_file is gone")

    assert begin(token=token).once(patience=0.5) == (None, 0, 0, 0)
    assert "token_file is gone" in caplog.text


def test_the_token_is_in_no_line_of_the_log(server, network, begin, caplog):
    caplog.set_level(logging.DEBUG, logger="smscore_agent")
    server.queue("one")
    server.script("get_messages", LOST, Answer(401), Answer(302, headers={"Location": server.url}))
    begin(token=lambda: "se%cret/word").once(patience=0.5)
    begin(server="http://127.0.0.1:1/api").once(patience=0.5)

    ours = "\n".join(one.getMessage() for one in caplog.records if "smscore" in one.name)
    assert "did not answer" in ours
    assert server.token not in ours
    assert "se%cret" not in ours
    assert "se%25cret" not in ours


def test_an_agent_runs_until_it_is_stopped(server, network, begin):
    server.queue("one", "two")
    life = begin()
    thread = threading.Thread(target=life.agent.run)
    thread.start()
    assert network.wait_for(lambda: len(network.sent) == 2)

    life.agent.stop()
    thread.join(10)

    assert not thread.is_alive()
    assert server.statuses() == {"one": 2, "two": 2}


def test_an_account_of_a_message_tells_where_it_came_from(server, network, begin):
    server.queue("one")
    life = begin()
    life.once()

    (tracked,) = life.gateway.inquiry.messages()

    assert tracked.message.surface == "agent"
    assert tracked.delivery.status is Status.SENT
