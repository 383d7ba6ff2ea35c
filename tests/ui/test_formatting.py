import html
import re

from hypothesis import given
from hypothesis import strategies as st

from ui.formatting import escape_markdown, escape_plotly

ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
MARKS = st.text(st.sampled_from("ab1 \t\n\\`*_{}[]()#+-.!|~><:$&@/=^'\"%w"), max_size=30)


@given(st.one_of(st.text(max_size=30), MARKS))
def test_what_markdown_makes_of_plain_text_is_the_text(text):
    """CommonMark takes the backslash off a mark; what a browser shows joins white space, and does not show the gaps."""
    assert ESCAPED.sub(r"\1", escape_markdown(text)).replace("\u200b", "") == " ".join(
        text.replace("\u200b", "").split()
    )


@given(MARKS)
def test_no_mark_of_markdown_is_left(text):
    left = ESCAPED.sub("", escape_markdown(text))
    assert not re.search(r"[\\`*\[\]<>~$&|#+]", left)
    assert not re.search(r":[a-zA-Z_+/]|:\d+:|www\.|\w@\w|--|->|<-|>=|<=", ESCAPED.sub(r"\1", escape_markdown(text)))


def test_names_that_mean_nothing_are_left_as_they_are():
    for name in (
        "ucsd-ped2",
        "clip_2.mp4",
        "object: bicycle",
        "action: ride (e.g., a bike, a car, a horse)",
        "50 %",
        "1:30",
    ):
        assert escape_markdown(name) == name


@given(st.one_of(st.text(max_size=30), MARKS))
def test_plotly_gets_no_html_and_no_tex(text):
    assert not set("<>$") & set(escape_plotly(text))
    assert html.unescape(escape_plotly(text)) == html.unescape(html.escape(text, quote=False))
