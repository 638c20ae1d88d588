"""
Answers by mail: what their writers wrote, and what they left below it.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.quotations import above_quotation

ENGLISH = "On Mon, 23 Nov 2026 at 10:00, Shop <shop@example.org> wrote:"


@pytest.mark.parametrize(
    "below",
    [
        "> Sale!",
        "\n> Sale!\n>\n> Only today\n",
        "> On Sunday we wrote:\n>> Sale!\n\n> again",
        f"\n{ENGLISH}\n\n> Sale!",
        f"{ENGLISH}\n> Sale!",
        "On Mon, 23 Nov 2026 at 10:00, Shop\n<shop@example.org> wrote:\n> Sale!",
        "\nAm 23.11.2026 um 10:00 schrieb Shop:\n> Angebote!",
        "Am 23.11.2026 um 10:00 schrieb Shop:\n> Angebote!",
        "\nAm Montag, 23. November 2026 um 10:00\nschrieb Shop <shop@example.org>:\n\n> Angebote!",
        "\nLe lun. 23 nov. 2026 à 10:00, Shop <shop@example.org> a écrit :\n\n> Soldes",
        f"\n{ENGLISH}\n\nSale!\nOnly today.",
        "\nOn Mon, 23 Nov 2026 at 10:00, Shop\n<shop@example.org>\nwrote:\nSale!",
    ],
)
def test_what_is_quoted_below_an_answer_is_left_out(below: str) -> None:
    assert above_quotation(f"STOP\n{below}").strip() == "STOP"


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "",
        "STOP\n> Sale!\nbut not the news",
        "STOP\nOn reflection I wrote:\nno",
        "a > b",
    ],
)
def test_without_a_quotation_at_the_end_it_is_all_theirs(text: str) -> None:
    assert above_quotation(text) == text


def test_who_writes_something_else_above_keeps_it() -> None:
    assert above_quotation("Please do not\nSTOP:\n> Sale!") == "Please do not\nSTOP:"


@given(st.text(alphabet="STOP >:@1\nOn wrote", max_size=60))
def test_nothing_is_made_up(text: str) -> None:
    assert "\n".join(text.splitlines()).startswith(above_quotation(text).rstrip("\n")) or (
        above_quotation(text) == text
    )
