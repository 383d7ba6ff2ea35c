"""Small files that are easily read, timed or explained wrongly: what is said of each is right."""

import numpy as np
import pytest

from benchmarks.footage_faults import CASES, FOLDER, judged
from core import device, video
from pipeline.analyse import analyse
from pipeline.camera import load

pytestmark = [pytest.mark.footage, pytest.mark.slow]


@pytest.mark.parametrize("case", CASES, ids=[case.file for case in CASES])
def test_what_is_said_is_right(footage_root, tmp_path, case):
    found = judged(case, footage_root / FOLDER / case.file, tmp_path / "out", device.choose("cpu"))
    assert found["holds"], f"right is: {case.right}; said: {found['said']}"


def test_the_same_frames_at_two_rates_have_the_same_scores_each_at_its_own_seconds(footage_root, tmp_path, monkeypatch):
    # At a camera that never saw the motorway heat lies everywhere; what is left of it is small and differs by coding.
    monkeypatch.setattr("pipeline.scoring.subtract_global_heat", lambda heat, normal, patch: (heat, 0.0))
    paths = [footage_root / "cameras" / f"traffic-{rate}.mp4" for rate in ("cfr", "vfr")]
    one, other = (analyse(path, load("plaza"), tmp_path / path.stem, runtime=device.choose("cpu")) for path in paths)
    np.testing.assert_allclose(one.scores, other.scores, atol=0.15)  # they were coded twice
    for path, found in zip(paths, (one, other), strict=True):
        stamps = np.concatenate([chunk.times for chunk in video.read(path)])
        np.testing.assert_allclose(found.clock.times, stamps, atol=1e-6)
    assert other.clock.at(575) > one.clock.at(575) + 10
