"""Data sets in their official layouts, folders of clips, and the rendered plaza; each file registers itself in DATASETS."""
