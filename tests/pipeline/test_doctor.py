"""What an installation has is listed, and what is not as it should be is said."""

import sys

import pytest

from core import _confine, cage
from core.errors import DecoderError
from pipeline import doctor


def named():
    return {one.what: one for one in doctor.findings()}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux grants all of it")
def test_versions_models_home_and_the_decoder_are_looked_at(monkeypatch, tmp_path):
    monkeypatch.setenv("WHYCAM_HOME", str(tmp_path / "new" / "home"))
    found = named()
    assert {"whycam", "python", "ffmpeg", "device", "home", *(f"decoder: {m}" for m in doctor.MEASURES)} <= set(found)
    assert any(what.startswith("model ") for what in found)
    assert found["home"].fine and "GB are free" in found["home"].remark and not (tmp_path / "new").exists()
    assert all(found[f"decoder: {measure}"].fine for measure in list(doctor.MEASURES)[:3])


def test_all_measures_have_words():
    assert tuple(doctor.MEASURES) == _confine.MEASURES


def test_what_is_not_granted_is_said(monkeypatch):
    monkeypatch.setattr(cage, "granted", lambda: ("limits",))
    missing = {one.what for one in doctor.findings() if not one.fine}
    assert missing == {f"decoder: {measure}" for measure in list(doctor.MEASURES)[1:]}

    def fail():
        raise DecoderError("no")

    monkeypatch.setattr(cage, "granted", fail)
    assert [(one.state, one.remark) for one in doctor.findings() if not one.fine] == [("does not start", "no")]


def test_a_home_that_cannot_be_written_to_is_said(monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    home = doctor._home()
    assert not home.fine and "cannot be written to: Permission denied" in home.remark
