"""Evaluation: cameras and other systems, measured on data sets whose truth is known."""

from pipeline.evaluation import evaluations
from ui import evaluation, evaluation_results, frame

frame.page("Evaluation")

evaluation.forms()
kept = evaluations.evaluations()
evaluation.watch(kept)
chosen = evaluation_results.choose(kept)
if chosen:
    evaluation_results.head(kept, chosen, evaluation.pending())
    evaluation_results.show(chosen)
else:
    evaluation_results.no_results(kept)
evaluation.history(kept)
