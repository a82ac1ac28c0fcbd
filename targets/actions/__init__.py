"""Writes of the targets: measuring a month."""

from targets.actions.measuring import MEASURE_EVERY, compute_period, measure_if_due, periods_to_measure

__all__ = ["MEASURE_EVERY", "compute_period", "measure_if_due", "periods_to_measure"]
