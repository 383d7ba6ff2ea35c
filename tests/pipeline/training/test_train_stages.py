"""Detectors of several stages, trained by the one loop."""

import numpy as np
import pytest
import torch

from core import device
from pipeline.camera import make_detector
from pipeline.training.loop import FitOptions, fit
from tests.pipeline.clips import Clip

RUNTIME = device.choose("cpu", "bfloat16")
SETTINGS = {
    "decoupled-conv3d": {"base": 2, "blocks": 3, "inputs": 4, "height": 16, "width": 24, "batch": 4, "epochs": 4},
    "itae-flow": {
        "base": 24, "height": 16, "width": 32, "steps": 1, "levels": 1, "hidden": 4, "batch": 2, "epochs": 1,
        "flow_batch": 4, "flow_epochs": 2,
    },
    "lntra-skip": {"base": 3, "height": 16, "width": 16, "probability": 1.0, "epochs": 2},
    "bcae1": {
        "base": 4, "height": 80, "width": 80, "batch": 8, "epochs": 1,
        "svdd": True, "svdd_epochs": 2, "svdd_batch": 8, "svdd_rate": 1e-3,
    },
}  # fmt: skip


def drifting(frames):
    """Noise that drifts to the right."""
    wide = np.random.default_rng(0).integers(0, 256, (20, 30 + frames, 3), dtype=np.uint8)
    return Clip("a", np.stack([wide[:, i : i + 30] for i in range(frames)]))


class Killed(Exception):
    pass


def trained(name, work, resume=False, kill=None):
    torch.manual_seed(0)
    detector = make_detector(name, SETTINGS[name])
    steps = []

    def report(step):
        steps.append((step.stage, step.epoch))
        if steps[-1] == kill:
            raise Killed

    progress = fit(detector, [drifting(19)], work, RUNTIME, FitOptions(resume=resume, report=report))
    return detector, progress, list(dict.fromkeys(steps))


@pytest.mark.parametrize(
    ("name", "stages", "kill"),
    [
        ("decoupled-conv3d", [("appearance", 0), ("appearance", 1), ("motion", 0), ("motion", 1)], ("motion", 1)),
        ("itae-flow", [("auto-encoder", 0), ("flows", 0), ("flows", 1)], ("flows", 0)),
        ("bcae1", [("auto-encoder", 0), ("svdd", 0), ("svdd", 1)], ("svdd", 1)),
        ("lntra-skip", [("lntra", 0), ("lntra", 1)], ("lntra", 1)),
    ],
)
def test_stages_follow_each_other_and_resume_where_they_were_killed(tmp_path, name, stages, kill):
    whole, progress, steps = trained(name, tmp_path / "whole")
    assert steps == stages and len(progress.losses) == len(stages)
    with pytest.raises(Killed):
        trained(name, tmp_path / "run", kill=kill)
    resumed, after, steps = trained(name, tmp_path / "run", resume=True)
    assert steps == stages[stages.index(kill) :] and after.losses == progress.losses
    state = resumed.state_dict()
    for key, value in whole.state_dict().items():
        assert torch.equal(value, state[key]), key
    if name == "decoupled-conv3d":
        assert whole.background.mean() > 0.3
    if name == "bcae1":
        assert whole.sphere.centre.any() and whole.sphere.radius > 0
    if name == "itae-flow":
        assert (whole.width != 1).all() and (whole.ranges != 1).all()
