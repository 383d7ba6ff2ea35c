"""The rendered plaza as a data set."""

from pathlib import Path

import pytest

from core.errors import DataError
from footage import plaza as dataset


def test_the_data_set_renders_what_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "LENGTH", 6)
    monkeypatch.setattr(dataset, "TEST_LENGTH", 6)
    data = dataset.DATASETS["plaza"](tmp_path)
    assert (len(data.training()), len(data.test())) == (8, 4)
    assert list(tmp_path.iterdir()) == []
    first = data.test()[0]
    assert data.truth(first).abnormal.shape == (6,)
    written = first.path.stat().st_mtime_ns
    assert sum(len(c) for c in first.frames()) == 6
    assert first.path.stat().st_mtime_ns == written
    with pytest.raises(DataError, match="no test clip"):
        data.truth(data.training()[0])


def test_without_a_root_clips_are_kept_among_the_users_data(whycam_home):
    clip = dataset.DATASETS["plaza"](Path()).test()[0]
    assert clip.path.is_relative_to(whycam_home)
