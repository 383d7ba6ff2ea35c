"""How the pages put times, sizes and states in words; text of a user's own becomes harmless HTML here."""

import html
import re
import time

STATES = {
    "draft": "not started",
    "queued": "waiting",
    "running": "at work",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "interrupted": "interrupted",
}


def escape_html(text: object) -> str:
    """Escape any text for HTML.

    >>> escape_html('../../x"><script>.mp4')
    '../../x&quot;&gt;&lt;script&gt;.mp4'
    """
    return html.escape(str(text), quote=True)


def capital(sentence: str) -> str:
    """Begin a sentence with a capital letter.

    >>> capital("there is no run"), capital("")
    ('There is no run', '')
    """
    return sentence[:1].upper() + sentence[1:]


def timestamp(seconds: float, decimals: int = 1) -> str:
    """Tell a place in a clip.

    >>> timestamp(12.44), timestamp(75.0), timestamp(3671.26), timestamp(59.96), timestamp(90, 0)
    ('0:12.4', '1:15.0', '1:01:11.3', '1:00.0', '1:30')
    """
    units = round(seconds * 10**decimals)
    whole, rest = divmod(units, 10**decimals)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    head = f"{hours}:{minute:02d}" if hours else f"{minute}"
    return f"{head}:{second:02d}" + (f".{rest:0{decimals}d}" if decimals else "")


def duration(seconds: float) -> str:
    """Tell a length of time.

    >>> duration(2.72), duration(75), duration(4210)
    ('2.7 s', '1 min 15 s', '1 h 10 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, second = divmod(round(seconds), 60)
    return f"{minutes} min {second:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def ago(then: float, now: float | None = None) -> str:
    """Tell how long ago a moment was, or its date once it is more than a day ago.

    >>> ago(1000.0, 1010.0), ago(1000.0, 1300.0), ago(1000.0, 9000.0), ago(0.0, 900000.0)
    ('just now', '5 min ago', '2 h ago', '1970-01-01')
    """
    passed = (time.time() if now is None else now) - then
    if passed < 60:
        return "just now"
    if passed < 3600:
        return f"{passed // 60:.0f} min ago"
    return f"{passed // 3600:.0f} h ago" if passed < 86400 else time.strftime("%Y-%m-%d", time.localtime(then))


def count(number: int, thing: str) -> str:
    """Count things.

    >>> count(0, "unusual event"), count(1, "unusual event"), count(1200, "frame")
    ('no unusual event', '1 unusual event', '1,200 frames')
    """
    return f"no {thing}" if number == 0 else f"{number:,} {thing}{'s' * (number != 1)}"


def file_size(count_of_bytes: int) -> str:
    """Tell a file's size.

    >>> file_size(900), file_size(6_300_000), file_size(2_100_000_000)
    ('1 kB', '6.3 MB', '2.1 GB')
    """
    for unit, power in (("GB", 9), ("MB", 6)):
        if count_of_bytes >= 10**power:
            return f"{count_of_bytes / 10**power:.1f} {unit}"
    return f"{max(1, round(count_of_bytes / 1000))} kB"


_NAMED = r"(?=[^\W\d]|[-+/:]|\d+:)"
"""Behind a colon: what may name an emoji, an icon or a colour, or go on as an address; not the minutes of a time."""
_MARKS = re.compile(
    r"[\\`*\[\]<>~$&|#+]"  # marks wherever they stand
    r"|(?<![^\W_])_|_(?![^\W_])|(?<!\w)-|-(?!\w)"  # marks unless they stand within a word
    rf"|(?:{'|'.join(rf'(?<=^[0-9]{{{digits}}})' for digits in range(1, 10))})[.)]"  # of a numbered list
)
_JOINED = re.compile(rf"(?<=:){_NAMED}|(?<=@)(?=\w)|(?i:(?<=www)(?=\.))|(?<=[-<>=~])(?=[-<>=~])")
_GAP = "\u200b"


def escape_markdown(text: object) -> str:
    r"""Escape any text for a place where Streamlit renders Markdown.

    Such are labels, captions, headings, help, alerts, and the choices of ``select_slider``, ``radio`` and ``pills``;
    those of ``selectbox`` and ``multiselect`` are not. A backslash before a mark keeps Markdown from reading it.
    Emoji, icons, links and arrows are looked for in what is left after that, so a space of no width parts them.

    >>> escape_markdown("![p](http://a/p.png)").replace("\u200b", "")
    '!\\[p\\](http://a/p.png)'
    >>> escape_markdown("  ucsd-ped2,\n clip_2 of 12:00 ")
    'ucsd-ped2, clip_2 of 12:00'
    """
    parted = _JOINED.sub(_GAP, " ".join(str(text).split()))
    return _MARKS.sub(r"\\\g<0>", parted)


def escape_plotly(text: object) -> str:
    """Escape any text for Plotly, whose labels take some HTML, and TeX between dollar signs.

    >>> escape_plotly('<a href="http://a">$x$ & y</a>')
    '&lt;a href="http://a"&gt;&#36;x&#36; &amp; y&lt;/a&gt;'
    """
    return html.escape(str(text), quote=False).replace("$", "&#36;")
