from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.messages import clean_text


@given(st.text(st.characters(exclude_categories=[])))
def test_a_clean_text_can_be_stored_and_is_as_long_as_before(text: str) -> None:
    cleaned = clean_text(text)

    assert len(cleaned) == len(text)
    assert "\x00" not in cleaned
    assert cleaned.encode().decode() == cleaned


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_a_text_that_can_be_stored_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text
