"""What happens to the rows of a file between reading and writing: cleaned, corrected, compared, kept for the commit.

`from_file` reads a file into cleaned rows, `cleaning` reads single cells, `corrections` holds the cells that were changed in
the page, `comparison` lets the register compare the rows, `staged` turns rows into values of `UploadRow` and back.
Nothing in this package writes to the database: that is the work of `uploads.actions`.
"""
