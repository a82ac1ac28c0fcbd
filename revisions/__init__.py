"""What computing a locked month again would change, and the edits behind each difference (锁定后变动).

`recomputed_copy` computes the month beside its frozen rows and takes that back; `differences` compares the two in the
database; `edits` reads the change log since the lock; `effects` says what each edit does to a measure; `causes` puts
the edits to the units that they move.
"""
