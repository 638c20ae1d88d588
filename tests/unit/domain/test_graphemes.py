from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from smscore.domain.graphemes import last_boundary

CLUSTERS = "ab e\u0301ж字か\u3099각한\r\n👩\u200d👧🇩🇪👍🏽नि\u0600\xad©"


@given(
    st.text(alphabet=st.one_of(st.sampled_from(CLUSTERS), st.characters()), min_size=2), st.data()
)
def test_the_boundary_is_the_last_one_that_the_annex_gives(text: str, data: st.DataObject) -> None:
    end = data.draw(st.integers(1, len(text) - 1))
    starts = [0]
    for cluster in iter_graphemes(text):
        starts.append(starts[-1] + len(cluster))

    assert last_boundary(text, start=0, end=end) == max(at for at in starts if at <= end)
