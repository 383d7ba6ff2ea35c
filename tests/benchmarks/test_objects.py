"""The object model's benchmark, cut short."""

import pytest

from benchmarks import speed


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(speed, "OBJECT_FRAMES", 1)
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    return speed.measure_objects("cpu")


def test_ratios_and_what_was_not_run(rows):
    time, exact, peer = rows
    for row in (time, exact):
        a, b = row["measured"].removesuffix(" ms").split(" / ")
        assert row["ratio"] == pytest.approx(float(a) / float(b), abs=0.02) and float(a) > 0
    assert time["measured"].endswith("/ 80.0 ms")
    assert peer["ratio"] is None and peer["measured"].startswith("not run: 'yolox_nano_coco.onnx'")
