"""Comparison of a locked month with a new computation, and the edits behind each difference (锁定后变动).

`recompute` computes the month beside its frozen rows and rolls that back; `differences` compares the two in the
database; `edits` reads the change log since the lock; `effects` computes the effect of each edit on the measures;
`causes` finds the edits that changed each unit.
"""
