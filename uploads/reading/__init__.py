"""Reading uploaded files: file format, raw cells, and the position of a register's table in them.

`workbook.read_workbook` returns the visible sheets as grids of raw cells (read in a child process, under limits);
`layout.lay_out` finds the tables of a register in them. Values are not validated here: the register's columns do that.
"""
