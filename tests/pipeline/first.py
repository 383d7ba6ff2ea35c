"""A run at work made by hand: 300 of its 500 frames are scored, and one event has ended in them."""

import numpy as np

from core.normality import Normality
from core.records import Clip
from pipeline import frame_log
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE
from pipeline.run_facts import RunFacts
from tests.ui import made

SCORED = 300


def at_work(folder, name):
    """Write the scores and the evidence so far; return the facts that let them be read."""
    first, last, label, _ = made.UNUSUAL[0]
    values, kept = made.scores()[:SCORED], EvidenceFolder(folder / EVIDENCE)
    for frame in range(first, last + 1, 5):
        kept.put(made.evidence(frame, float(values[frame]), label))
    frame_log.append(folder, np.arange(SCORED) / made.FPS, values, [True] * SCORED)
    normal = Normality(1.0, tuple(np.linspace(0.0, 1.0, 101).tolist()), 900, 0.02)
    clip = Clip(name, "0" * 64, made.FPS, made.SIZE[1], made.SIZE[0], made.FRAMES)
    return RunFacts(clip, "street", "vqunet-prediction", {"objects": "none"}, 2.0, 0.6, normal, (), {})
