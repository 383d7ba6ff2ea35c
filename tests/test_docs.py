"""What the documentation says, held against the code."""

import argparse
import re
from pathlib import Path

import pytest

from cli.list import KINDS
from cli.main import parse, parser
from pipeline.evaluation.figures import Scored, summarise_scores
from tests import tables

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
INTERFACES = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
KEY = re.compile(r"\b[a-z]{2,}(?:19|20)\d\d[a-z]{2,}\b")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def section(title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", INTERFACES, re.DOTALL | re.MULTILINE)[1]


def test_the_pages_tables_are_those_of_the_registries():
    texts = {page: page.read_text(encoding="utf-8") for page in tables.pages()}
    kinds = sorted(kind for text in texts.values() for _, kind, _ in tables.BLOCK.findall(text))
    assert kinds == [
        *("cameras", "codecs", "containers", "datasets", "detectors", "keys", "metrics", "own_cameras", "results"),
        "verbs",
    ]  # fmt: skip
    for page, text in texts.items():
        assert tables.made(text) == text, f"{page}: run .venv/bin/python -m tests.tables"


def test_the_readme_is_short_and_the_index_names_every_page():
    assert len(README.splitlines()) < 150
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    unnamed = {page for page in pages if f"({page})" not in index} - {"README.md"}
    assert all(page.startswith("decisions/") for page in unnamed), unnamed


def test_the_glossary_is_in_order_and_explains_each_term_once():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert terms == sorted(set(terms), key=str.lower)
    assert all(re.findall(r"^## .+\n\n[^#\n]", text, re.MULTILINE)) and text.count("\n## ") == len(terms)


def test_every_command_in_the_readme_is_one():
    commands = re.findall(r"^\./whycam (.+?)(?:\s+#.*)?$", README, re.MULTILINE)
    assert {command.split()[0] for command in commands} >= {"app", "test", "analyse", "train"}
    for command in commands:
        assert parse(command.split()).verb


def test_the_interfaces_name_every_verb_with_its_options():
    (verbs,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    said = {row[0]: row for row in re.findall(r"^\| `([\w-]+)` \| (.*?) \| (.*?) \|$", section("Verbs"), re.MULTILINE)}
    assert set(said) == set(verbs.choices)
    for name, verb in verbs.choices.items():
        options = {string for string in verb._option_string_actions if string.startswith("--")} - {"--help"}
        assert set(re.findall(r"--[\w-]+", said[name][2])) == options
    assert re.findall(r"\w+", said["list"][1]) == list(KINDS)


def test_the_interfaces_name_every_key_of_an_evaluation():
    import numpy as np

    scores = np.arange(9, dtype=np.float32)
    result = summarise_scores([Scored("a", scores, scores > 4, scores > 5)]).as_json()
    keys = set(
        re.findall(
            r"`([\w.\[\]]+)`", "\n".join(re.findall(r"^\| (.+?) \|", section("`evaluate --json`"), re.MULTILINE))
        )
    )
    assert {f"auc.{name}" for name in result["auc"]} | (result.keys() - {"auc", "videos"}) <= keys
    row = re.search(r"^\| `videos\[\]` \| (.*) \|$", section("`evaluate --json`"), re.MULTILINE)[1]
    assert re.findall(r"`(\w+)`", row) == list(result["videos"][0])


def test_the_interfaces_name_every_variable_that_is_read():
    sources = [ROOT / "whycam", *(path for path in ROOT.rglob("*.py") if ".venv" not in path.parts)]
    read = set()
    for path in sources:
        read |= set(re.findall(r"environ(?:\.get\(|\[)\s*\"(WHYCAM_\w+)\"", path.read_text(encoding="utf-8")))
    inner = {"WHYCAM_NO_CHROMIUM"}
    assert read - inner == set(re.findall(r"^\| `(WHYCAM_\w+)`", section("Environment"), re.MULTILINE))


def test_every_citation_is_in_the_bibliography():
    known = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "docs" / "bibliography.bib").read_text(), re.MULTILINE))
    cited = set()
    for path in ROOT.rglob("*.py"):
        if not {".venv", "tests"} & set(path.parts):
            cited |= set(KEY.findall(path.read_text(encoding="utf-8")))
    assert cited
    assert cited <= known


def test_decisions_are_numbered_without_holes_and_say_what_was_decided():
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04d}" for number in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} ")
        assert "**Decided.**" in text
        assert "**Instead of**" in text


def test_every_decision_that_is_cited_is_there():
    known = {path.name[:4] for path in DECISIONS}
    sources = [path for path in ROOT.rglob("*.py") if ".venv" not in path.parts]
    for path in [*sources, ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        cited = re.findall(r"[Dd]ecisions?[\s/]+(\d{4})\b", path.read_text(encoding="utf-8"))
        assert set(cited) <= known, f"{path}: {cited}"


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
