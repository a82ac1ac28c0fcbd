"""Demo data: invented workbooks for every county of the real city, imported through the upload path (ADR 0005).

`span` lists the months, `places` reads the real communities, `county_profiles` sets how far each county meets the targets
over time, `fake_data` generates names and numbers. One module per register generates a county's rows month by month;
`corrections` adds facts that are reported after their month was locked, `files` and `workbooks` write rows to .xlsx files,
`submissions` plans the reports of the counties, and `run` executes everything through the portal's own commands and
actions. No module writes to a register directly.
"""
