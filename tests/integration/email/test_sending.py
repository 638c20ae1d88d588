from datetime import timedelta

import pytest

from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress
from smscore.errors import (
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
)
from smscore.ports.transport import SendJob
from smscore.testing import a_job
from smscore.testing.fakes import NOON, RecordingJournal
from smscore_email.testing import Dropped, FakeRelay, Held, Refused, Step

STEPS = [Step.SENDER, Step.RECIPIENT, Step.END]


class FailingJournal(RecordingJournal):
    """Cannot keep this mark."""

    def __init__(self, mark: str, fault: TransportError) -> None:
        super().__init__()
        self._fails, self._fault = mark, fault

    def _mark(self, mark: str, job: SendJob, part: int, reference: str | None = None) -> None:
        if mark == self._fails:
            raise self._fault
        super()._mark(mark, job, part, reference)


@pytest.fixture
def channel(relay, open_channel):
    """One that has asked its relay already."""
    channel = open_channel(relay)
    assert relay.wait_for(lambda: Step.SENDER in relay.asked)
    return channel


def test_a_mail_is_taken_as_it_was_written(channel, relay, job, clock):
    receipt = channel.send(job("Grüße\n.\n..\nEnde"))

    (mail,) = relay.mails
    assert (mail.sender, mail.recipients) == ("gateway@sender.example", ("ada@reader.example",))
    assert mail.text == "Grüße\n.\n..\nEnde\n"
    assert receipt.references == (mail.message["Message-ID"].strip("<>"),)


def test_one_connection_carries_many_mails(channel, relay, job):
    for number in range(5):
        channel.send(job(str(number)))

    assert [mail.text for mail in relay.mails] == [f"{number}\n" for number in range(5)]
    assert relay.connections == 1


def test_nobody_else_gets_what_a_refused_recipient_was_to_get(channel, relay, job):
    relay.script(Refused(code=550), at=Step.RECIPIENT)
    with pytest.raises(PermanentFailure):
        channel.send(job("for bob", to="bob@reader.example"))

    channel.send(job("for ada"))

    assert [(mail.recipients, mail.text) for mail in relay.mails] == [
        (("ada@reader.example",), "for ada\n")
    ]
    assert relay.connections == 1


@pytest.mark.parametrize("step", [Step.RECIPIENT, Step.END])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        (550, PermanentFailure),
        (554, PermanentFailure),
        (450, TemporaryFailure),
        (452, TemporaryFailure),
        (421, TemporaryFailure),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_relay(
    channel, relay, job, journal, step, code, error
):
    # A relay that parts is asked once more on another connection.
    relay.script(*[Refused(code=code, said="5.7.1 by its policy")] * 2, at=step)

    with pytest.raises(error) as failure:
        channel.send(job("hello"))

    assert type(failure.value) is error
    assert failure.value.cause == f"{code} 5.7.1 by its policy"
    assert [mark for mark, *_ in journal.marks] == ["submitting", "refused"]
    assert channel.health().is_ready
    assert relay.mails == []


def test_a_sender_that_is_not_taken_now_costs_only_this_try(channel, relay, job):
    relay.script(Refused(code=452), at=Step.SENDER)

    with pytest.raises(TemporaryFailure) as failure:
        channel.send(job("hello"))

    assert type(failure.value) is TemporaryFailure
    assert channel.health().is_ready


@pytest.mark.parametrize("step", [Step.SENDER, Step.RECIPIENT])
@pytest.mark.parametrize("answer", [Dropped(), Refused(code=421)])
def test_a_connection_that_ended_meanwhile_is_begun_anew(
    channel, relay, job, journal, step, answer
):
    channel.send(job("one"))
    relay.script(answer, at=step)

    channel.send(job("two"))

    assert [mail.text for mail in relay.mails] == ["one\n", "two\n"]
    assert relay.connections == 2
    assert "refused" not in [mark for mark, *_ in journal.marks]


def test_a_mail_that_breaks_the_connection_each_time_uses_up_its_tries(channel, relay, job):
    relay.script(Dropped(), Dropped(), at=Step.RECIPIENT)

    with pytest.raises(TemporaryFailure) as failure:
        channel.send(job("hello"))

    assert not isinstance(failure.value, NotReady)
    assert channel.health().is_ready


@pytest.mark.parametrize("is_done", [True, False])
def test_nobody_knows_after_the_last_dot(channel, relay, job, journal, is_done):
    relay.script(Dropped(is_done=is_done))

    with pytest.raises(Indeterminate):
        channel.send(job("hello"))

    assert len(relay.mails) == int(is_done)
    assert [mark for mark, *_ in journal.marks] == ["submitting"]


def test_silence_after_the_last_dot_leaves_it_unknown(relay, open_channel, job):
    relay.script(Held())
    channel = open_channel(relay, final_timeout=0.2)

    with pytest.raises(Indeterminate):
        channel.send(job("hello"))

    channel.send(job("next"))
    assert [mail.text for mail in relay.mails] == ["next\n"]


def test_an_answer_to_the_last_dot_is_waited_for_longer_than_any_other(
    relay, open_channel, job, in_background
):
    held = Held()
    relay.script(held)
    channel = open_channel(relay, timeout=0.2, final_timeout=20.0)
    sending = in_background(lambda: channel.send(job("hello")))
    assert relay.wait_for(lambda: Step.END in relay.asked)

    relay.wait_for(lambda: False, timeout=0.4)
    held.release()

    assert sending.result(timeout=5).references


def test_closing_ends_the_wait_for_the_last_answer(channel, relay, job, in_background):
    relay.script(Held())
    sending = in_background(lambda: channel.send(job("hello")))
    assert relay.wait_for(lambda: Step.END in relay.asked)

    channel.close()

    with pytest.raises(Indeterminate):
        sending.result(timeout=5)


def test_closing_ends_the_wait_for_any_other_answer(channel, relay, job, in_background):
    relay.script(Held(), at=Step.RECIPIENT)
    sending = in_background(lambda: channel.send(job("hello")))
    assert relay.wait_for(lambda: Step.RECIPIENT in relay.asked)

    channel.close()

    with pytest.raises(TemporaryFailure):
        sending.result(timeout=5)
    assert relay.mails == []


def test_letters_of_any_script_need_a_relay_that_knows_them(relay, open_channel, job):
    with FakeRelay(is_international=False) as old:
        with pytest.raises(PermanentFailure, match="not in ASCII"):
            open_channel(old).send(job("hello", to="jürgen@reader.example"))

        assert old.mails == []
    open_channel(relay).send(job("Grüße", to="jürgen@reader.example"))

    (mail,) = relay.mails
    assert mail.recipients == ("jürgen@reader.example",)
    assert mail.text == "Grüße\n"


def test_a_domain_of_any_script_needs_no_such_relay(open_channel, job):
    with FakeRelay(is_international=False) as old:
        address = EmailAddress.parse("ada@bücher.example").value
        open_channel(old).send(job("hello", to=address))

        assert old.mails[0].recipients == ("ada@xn--bcher-kva.example",)


def test_what_is_too_late_is_not_sent(relay, open_channel, job, clock):
    channel = open_channel(relay, clock=clock)

    with pytest.raises(TemporaryFailure, match="ran out"):
        channel.send(job("hello", expires_at=NOON - timedelta(seconds=1)))

    assert relay.mails == []


def test_a_number_is_no_recipient_of_mail(channel, relay):
    with pytest.raises(PermanentFailure):
        channel.send(a_job("hello", recipient=PhoneNumber("+491701234567")))

    assert relay.mails == []


def test_what_could_not_be_marked_is_not_sent(relay, open_channel, job):
    channel = open_channel(relay, journal=FailingJournal("submitting", NotReady("down")))

    with pytest.raises(NotReady):
        channel.send(job("hello"))

    assert relay.mails == []


def test_what_was_taken_and_could_not_be_stored_is_unknown(relay, open_channel, job):
    channel = open_channel(relay, journal=FailingJournal("accepted", Indeterminate("down")))

    with pytest.raises(Indeterminate):
        channel.send(job("hello"))

    assert len(relay.mails) == 1


def test_a_long_text_is_one_mail(channel, relay, job):
    text = "ä" * 100_000

    channel.send(job(text, text=text))

    assert relay.mails[0].text == text + "\n"
