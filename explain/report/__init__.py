"""The report: one HTML file, JSON and CSV."""
