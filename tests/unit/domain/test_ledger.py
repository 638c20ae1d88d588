from collections.abc import Sequence

from smscore.domain.ledger import Entry, EntryKind, Statement
from smscore.domain.messages import AccountId
from smscore.testing import NOON


def entries(*changes: tuple[int, int]) -> Sequence[Entry]:
    return [
        Entry(
            account=AccountId(1), kind=EntryKind.ADJUST, credits=credits, balance=balance, at=NOON
        )
        for credits, balance in changes
    ]


def test_a_ledger_whose_lines_follow_from_one_another_has_no_faults():
    statement = Statement(entries=entries((10, 10), (-3, 7)), balance=7, total=7)

    assert statement.faults == []
    assert statement.opening == 0


def test_what_is_brought_forward_is_the_balance_before_the_first_line():
    assert Statement(entries=entries((-3, 7)), balance=7, total=7).opening == 10


def test_without_lines_nothing_is_known_of_the_opening():
    assert Statement(entries=[], balance=7, total=7, is_selection=True).opening is None


def test_an_account_that_is_not_metered_has_spent_nothing():
    assert Statement(entries=[], balance=None, total=0).faults == []
    assert Statement(entries=[], balance=None, total=3).faults != []


def test_a_sum_that_is_not_the_balance_is_a_fault():
    (fault,) = Statement(entries=entries((10, 10)), balance=9, total=10).faults

    assert fault == "all entries sum to 10, and the balance is 9"


def test_a_line_that_does_not_follow_from_the_one_before_is_a_fault():
    (fault,) = Statement(entries=entries((10, 10), (-3, 8)), balance=7, total=7).faults

    assert "there were 10 credits, and 8 after another -3" in fault


def test_between_selected_lines_others_may_be_missing():
    chosen = entries((10, 10), (-3, 4))

    assert Statement(entries=chosen, balance=4, total=4, is_selection=True).faults == []
