"""Explanation methods, one file each; a file's ``METHODS`` is its registration."""
