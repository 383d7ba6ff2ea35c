"""Answers of a child process are kept, asked for anew when they cannot be used, and its errors are one sentence."""

import pytest

from core import files
from core.errors import InputError
from pipeline import offload


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("WHYCAM_HOME", str(tmp_path))


def kept():
    (path,) = (files.home() / offload.FOLDER).glob("*.json")
    return path


def test_an_answer_is_computed_by_a_child_and_kept(monkeypatch):
    assert offload.call("json:dumps", [1, 2]) == "[1, 2]"
    monkeypatch.setattr(offload, "ask", lambda *_: pytest.fail("asked again"))
    assert offload.call("json:dumps", [1, 2]) == "[1, 2]"


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"state": []}'])
def test_a_damaged_answer_is_computed_again(damaged):
    assert offload.call("json:dumps", "a") == '"a"'
    kept().write_text(damaged)
    assert offload.call("json:dumps", "a") == '"a"'
    assert '"answer"' in kept().read_text()


def test_an_answer_of_other_sources_or_devices_is_computed_again(monkeypatch):
    offload.call("json:dumps", "a")
    monkeypatch.setattr(offload, "_devices", lambda: ["another"])
    monkeypatch.setattr(offload, "ask", lambda *_: {"answer": "anew"})
    assert offload.call("json:dumps", "a") == "anew"


def test_an_error_is_one_sentence_and_is_not_kept():
    with pytest.raises(InputError, match="nowhere"):
        offload.call("pipeline.camera:load", "nowhere")
    with pytest.raises(InputError, match="json:nothing ended with exit code 1: AttributeError"):
        offload.call("json:nothing")
    assert not list(files.home().glob(f"{offload.FOLDER}/*"))
