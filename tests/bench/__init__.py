"""Measurements against named rivals in the same run, as ratios (`make bench`). Never part of the tests."""
