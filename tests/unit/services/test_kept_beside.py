import pytest

from smscore import Gateway
from smscore.domain.messages import Surface
from smscore.domain.receipts import Receipt
from smscore.errors import InsufficientCredits
from smscore.ports.storage import UnitOfWork
from smscore.services.submission import Item, Submission

TO = "+491701234567"


@pytest.fixture
def asked(gateway: Gateway) -> Submission:
    return Submission(
        account=gateway.inquiry.account_named("acme").id,
        surface=Surface.AGENT,
        items=(Item(to=TO, text="hello"),),
    )


def kept(gateway: Gateway) -> bytes | None:
    return gateway.store.read(lambda view: view.journal.get(channel="mine", key="message"))


def note(work: UnitOfWork, receipt: Receipt) -> None:
    work.journal.put(channel="mine", key="message", value=b"%d" % receipt.message)


def test_what_is_written_beside_a_message_is_kept_with_it(
    gateway: Gateway, asked: Submission
) -> None:
    receipt = gateway.submissions.begin(asked, beside=note).result()

    assert kept(gateway) == b"%d" % receipt.message


def test_nothing_is_kept_beside_a_message_that_is_refused(
    gateway: Gateway, asked: Submission
) -> None:
    gateway.administration.credit("acme", -10, why="spent elsewhere")

    with pytest.raises(InsufficientCredits):
        gateway.submissions.begin(asked, beside=note).result()

    assert kept(gateway) is None


def test_no_message_is_kept_if_what_belongs_beside_it_cannot_be_written(
    gateway: Gateway, asked: Submission
) -> None:
    def fail(work: UnitOfWork, receipt: Receipt) -> None:
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        gateway.submissions.begin(asked, beside=fail).result()

    assert not gateway.inquiry.messages()
