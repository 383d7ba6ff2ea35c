"""The help page shows the glossary."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import helps

ROOT = Path(__file__).resolve().parents[2]
TEXT = """# Glossary

Terms.

## action

What a *person* does; see [tube](#tube).

## frame-level AUC

Area under the ROC curve.
"""


def show():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.switch_page("pages/6_Help.py").run()
    assert not at.exception, at.exception
    return at


@pytest.fixture
def file(monkeypatch, tmp_path):
    monkeypatch.setattr(helps, "GLOSSARY", tmp_path / "glossary.md")
    return tmp_path / "glossary.md"


def test_each_term_has_a_section_that_the_index_links_to(file):
    file.write_text(TEXT, encoding="utf-8")
    at = show()
    assert [(one.value, one.proto.anchor) for one in at.subheader] == [
        ("action", "action"), ("frame-level AUC", "frame-level-auc"),
    ]  # fmt: skip
    assert at.markdown[0].value == "[action](#action) · [frame-level AUC](#frame-level-auc)"
    assert at.markdown[1].value == "What a *person* does; see [tube](#tube)."


def test_a_glossary_that_is_gone_is_said(file):
    at = show()
    assert any("glossary.md cannot be read: No such file" in one.proto.body for one in at.get("html"))
