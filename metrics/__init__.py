"""One file per metric: pure functions of arrays; each registers itself in METRICS."""
