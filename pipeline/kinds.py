"""The kinds of jobs there are: what computes each, in a process of its own."""

from jobs.queue import Queue

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


def queue() -> Queue:
    """Return the user's queue, for all kinds."""
    return Queue(KINDS, PRIORITIES)
