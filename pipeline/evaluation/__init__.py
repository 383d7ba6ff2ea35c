"""Figures: clips whose truth is known, scored, counted by protocols, kept, compared, exported."""
