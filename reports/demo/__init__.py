"""The demo: invented workbooks for the whole real city, made as offices make them, brought in as offices bring them in.

`places` reads the real communities, `character` says how well each county does, `invention` makes names and numbers,
one module per register turns them into rows, `workbooks` lays rows out in files, and `staging` runs the whole play
through the portal's own commands. Nothing here writes to a register directly.
"""
