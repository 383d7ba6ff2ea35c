"""Exports: runs as one archive that shows what was found, with a manifest by which every byte can be checked."""
