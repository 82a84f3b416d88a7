"""Measurements against peers and baselines, in the same run. `python -m benchmarks` prints them all as ratios."""
