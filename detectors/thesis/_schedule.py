"""The learning rate of the thesis' trainings."""

from core.contracts import Plateau

PLATEAU = Plateau(held_out=0.1, factor=0.75, patience=4, stop=8)
"""Section 4.2 of ``ravi2021class``: a quarter less after four epochs without gain, the end after eight."""
