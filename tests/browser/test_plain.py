"""Names of a user's own are text wherever they are shown: nothing is asked for, linked, or set in another way."""

import json

import pytest

from tests.browser.conftest import serve

pytestmark = pytest.mark.browser
NAMES = [
    "![p](http://127.0.0.1:PORT/p.png).json",
    "[a](http://127.0.0.1:PORT/a) <http://127.0.0.1:PORT/b> http://127.0.0.1:PORT/c",
    '<img src="http://127.0.0.1:PORT/d"> <b>b</b>',
    "[x]: http://127.0.0.1:PORT/e",
    "www.example.com WWW.EXAMPLE.COM a@b.com @me",
    "**b** _i_ ~~s~~ `c` $x^2$ $$y$$ 5$ and 6$",
    "x:100: 1:30 11:59:01 v:1 :100: :1234:",
    ":smile: :+1: :material/home: :material_home: :streamlit: :red[x] :blue-badge[b] x:y ::: z",
    "a -> b <- c <-> d -- e >= f <= g ~= h --- i",
    "# h",
    "123. x",
    "- x",
    "> q",
    "| a | b |",
    "&lt;b&gt; &amp; &#36; &copy;",
    "\\ \\\\ x\\ 1\\. y",
    "---",
    "clip_2024-01-01__x.csv",
    "a*b*c_d_e __init__.py",
    "</div><script>alert(1)</script>",
    "%{x} {\\rm x} 12345 2024-01-01",
]
WIDGETS = ("caption", "markdown", "bold", "heading", "button", "download", "expander", "label", "multiselect", "slider",
           "pills", "radio", "tabs", "progress", "image", "chart")  # fmt: skip
READ = """places => places.map(place => {
  const e = document.querySelector(place);
  if (!e) return ['', ['nothing']];
  const shown = [e.textContent, ...[...e.querySelectorAll('input')].map(x => x.value)].join(' ');
  const made = 'a:not([href^="#"]), code, em, del, li, blockquote, table, .katex, svg a, img:not([src*="/media/"])';
  return [shown, [...e.querySelectorAll(made)].map(x => x.outerHTML.slice(0, 80))];
})"""


def test_names_stay_text_in_every_widget(page, chromium, tmp_path, counted):
    port, paths = counted
    names = [name.replace("PORT", str(port)) for name in NAMES]
    (tmp_path / "names.json").write_text(json.dumps(names), encoding="utf-8")
    command = ["-m", "streamlit", "run", "tests/browser/plain_app.py", "--global.developmentMode=false"]
    for address in serve([*command, str(tmp_path / "names.json"), "--server.port"], tmp_path):
        page.goto(address)
        page.wait_for_selector(f".st-key-chart-of-{len(names) - 1} .main-svg")
        page.wait_for_timeout(1000)
        places = [(number, kind) for number in range(len(names)) for kind in WIDGETS]
        answers = page.evaluate(READ, [f".st-key-{kind}-of-{number}" for number, kind in places])
        for (number, kind), (shown, made) in zip(places, answers, strict=True):
            name = names[number]
            assert " ".join(name.split()) in " ".join(shown.replace("\u200b", "").split()), (kind, name)
            assert made == [], (kind, name)
    assert paths == []
