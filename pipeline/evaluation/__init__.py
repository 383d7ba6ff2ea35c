"""Evaluation on clips with ground truth: scoring, protocols, metrics, comparison and export."""
