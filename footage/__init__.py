"""Data sets in their official layouts, folders of clips, and the rendered plaza; each registers in DATASETS."""
