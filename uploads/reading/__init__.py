"""A file's way from bytes to rows of fields: what it is, which cells it has, where its table stands.

`workbook.read_workbook` gives the visible sheets as grids of raw cells (in a child process, under limits);
`layout.lay_out` finds the table of a register in them. Nothing here judges a value: that is the columns' work.
"""
