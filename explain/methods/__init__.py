"""Explanation methods, one file for each or for some that share code; a file's ``METHODS`` is its registration."""
