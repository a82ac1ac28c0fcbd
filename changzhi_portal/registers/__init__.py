"""What a register is: columns, the reading of values, problems, the row check, writes. Apps declare theirs in `sheets`."""
