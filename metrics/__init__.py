"""One file per metric: pure functions of arrays.

Every entry of ``METRICS`` takes ``(scores, abnormal)``, both one array per video: scores grow with strangeness and are
NaN where a frame has none; such frames are left out. What is undefined (an AUC without any normal frame) is NaN.
"""
