"""The demo: invented workbooks for the whole real city, made as offices make them, brought in as offices bring them in.

`span` says which months, `places` reads the real communities, `character` says how well each county does and how it gets
on, `invention` makes names and numbers. One module per register tells a county's story in rows, month by month;
`corrections` lets some facts be found out too late, `files` and `workbooks` lay rows out in files, `submissions` says
who reports when, and `play` runs it all through the portal's own commands and actions. Nothing here writes to a register
directly.
"""
