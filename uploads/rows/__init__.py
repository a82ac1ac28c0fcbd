"""The rows of a file between reading and writing: cleaned, corrected, compared, staged for the commit.

`from_file` reads a file into cleaned rows, `cleaning` reads single cells, `corrections` has the cells that were changed
in the page, `comparison` lets the register compare the rows, `staged` converts rows to values of `UploadRow` and back.
Nothing in this package writes to the database: `uploads.actions` does.
"""
