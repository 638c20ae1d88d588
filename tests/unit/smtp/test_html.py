import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore_smtp._html import text_of_html


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("plain", "plain"),
        ("a\n  b", "a b"),
        ("<b>a</b>b", "ab"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("a<br><br>b", "a\n\nb"),
        ("<p>a</p>\n<p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<html><head><title>t</title><style>p{}</style></head><body>a</body></html>", "a"),
        ("<script>if (a < b) {}</script>a", "a"),
        ("a&amp;b &euro; &#8364; &lt;", "a&b € € <"),
        ("<!-- no -->a<![CDATA[b]]>", "a"),
        ("a<p title='>'>b", "a\n\nb"),
        ("1 < 2, 3 > 2, <3", "1 < 2, 3 > 2, <3"),
        ('a<b title="x>c', "ac"),
        ("a<!-- never ends", "a"),
        ("a<style>never ends", "a"),
        ("<head><title>t</title>a", "a"),
        (f"a&#{'9' * 5000};b&#x{'f' * 5000};", "a\ufffdb\ufffd"),
        ('<a href="https://example.org/x">see there</a>', "see there"),
        (f'a<p style="{"x" * 2000}">b', "a\n\nb"),
        (f'a<style media="{"x" * 2000}">b</style>c', "ac"),
        ('a<p title="x>b', "a\n\nb"),
        ("<p>a<p>b", "a\n\nb"),
        ("", ""),
    ],
)
def test_a_page_reads_as_it_looks(page, text):
    assert text_of_html(page) == text


@pytest.mark.parametrize("unit", ["<", "<a", '<a"<p>"', """</stylea="</a>'a=\""""])
def test_quotes_that_swallow_every_end_are_passed_at_once(unit):
    assert len(text_of_html(unit * 50_000)) <= len(unit) * 50_000


TAGS = st.sampled_from(
    ["<p>", "</p>", "<b", ">", "<!--", "<style>", "</", "&#", "&x", '="', "<br>"]
)


@given(st.lists(st.one_of(TAGS, st.text(max_size=5))))
def test_broken_pages_have_a_text_too(pieces):
    text = text_of_html("".join(pieces))

    assert "\n\n\n" not in text
