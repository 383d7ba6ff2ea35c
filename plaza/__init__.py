"""A rendered plaza of our own: people cross a square under a fixed camera, and sometimes something unusual happens."""

from plaza._anomalies import ANOMALIES, LAWN, OBJECTS, STAGED, Anomaly
from plaza._clip import film, truth_of
from plaza._exposure import Film
from plaza._motions import ACTIONS
from plaza._render import render
from plaza._standing import STANDING
from plaza._truth import PlazaFrame, PlazaObject

__all__ = [
    "ACTIONS",
    "ANOMALIES",
    "LAWN",
    "OBJECTS",
    "STAGED",
    "STANDING",
    "Anomaly",
    "Film",
    "PlazaFrame",
    "PlazaObject",
    "film",
    "render",
    "truth_of",
]
