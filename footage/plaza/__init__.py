"""A rendered plaza of our own: people cross a square under a fixed camera, and sometimes something unusual happens."""

from footage.plaza._anomalies import ANOMALIES, Anomaly
from footage.plaza._render import Film, PlazaFrame, PlazaObject, render

__all__ = ["ANOMALIES", "Anomaly", "Film", "PlazaFrame", "PlazaObject", "render"]
