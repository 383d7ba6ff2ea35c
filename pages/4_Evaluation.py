"""Evaluation: cameras and other systems, measured on data sets whose truth is known."""

from ui import evaluation, evaluation_results, frame

frame.page("Evaluation")

evaluation.ask()
evaluation.watch()
chosen = evaluation_results.choose()
if chosen:
    evaluation_results.head(chosen, evaluation.pending())
    evaluation_results.show(chosen)
else:
    evaluation_results.nothing()
evaluation.listed()
