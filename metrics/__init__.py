"""One file per metric: pure functions of arrays, registered as :class:`core.metrics.Metric` in the file's ``METRICS``.

What is undefined (an AUC without any normal frame) is NaN.
"""
