"""A rendered plaza of our own: people cross a square under a fixed camera, and sometimes something unusual happens."""

from footage.plaza._anomalies import ACTIONS, ANOMALIES, LAWN, OBJECTS, STAGED, Anomaly
from footage.plaza._clip import film, truth_of
from footage.plaza._dataset import DATASETS
from footage.plaza._exposure import Film
from footage.plaza._render import render
from footage.plaza._truth import PlazaFrame, PlazaObject

__all__ = [
    "ACTIONS",
    "ANOMALIES",
    "DATASETS",
    "LAWN",
    "OBJECTS",
    "STAGED",
    "Anomaly",
    "Film",
    "PlazaFrame",
    "PlazaObject",
    "film",
    "render",
    "truth_of",
]
