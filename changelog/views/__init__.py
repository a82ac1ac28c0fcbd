"""Pages that change records of any register: one record (`records`), duplicates and their merging (`merging`)."""
