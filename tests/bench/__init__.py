"""Benchmarks against named alternatives in the same run, as ratios (`make bench`). Not part of the tests."""
