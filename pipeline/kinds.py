"""The kinds of jobs there are: what computes each, in a process of its own."""

from jobs.queue import Queue
from people import policy

ANALYSIS, EVALUATION, EXPLANATION, TRAINING = "analysis", "evaluation", "explanation", "training"
EXPORT = "export"
PLAYBACK = "playback"
KINDS = {
    ANALYSIS: "pipeline.job:run",
    EVALUATION: "pipeline.evaluation.job:run",
    EXPLANATION: "pipeline.explaining.job:run",
    TRAINING: "pipeline.training.job:run",
    EXPORT: "pipeline.export.job:run",
    PLAYBACK: "pipeline.playback:run",
}
PRIORITIES = {EXPORT: 1}
"""Somebody waits for an export, which takes seconds: analyses, trainings and evaluations that wait let it pass."""

ACTIONS = {
    ANALYSIS: policy.ANALYSE, EVALUATION: policy.EVALUATE, EXPLANATION: policy.EXPLAIN, TRAINING: policy.TRAIN,
    EXPORT: policy.EXPORT, PLAYBACK: policy.LOOK,
}  # fmt: skip
"""What the user of a job must be allowed to do. A playback copy is made for whoever looks at a run."""
FORGET = {ANALYSIS: "pipeline.deletion:forget_run"}
"""What else is deleted with a job of a kind."""


def queue() -> Queue:
    """Return the user's queue, for all kinds."""
    return Queue(KINDS, PRIORITIES, ACTIONS, FORGET)
