"""联动工作: what the systems beside the targets say each month, in the briefing and on the dashboard (docs/domain.md §7.3).

An app declares a `LinkedWork` in `<app>/briefing.py`: which figures of divisions (`changzhi_portal.figures`) it shows, and
the sentences made of them. `reports` reads the figures of the month from `targets`, stores them with an issue as
`LinkedFigures`, and lays out the sentences, the annex and the dashboard's cards; the app says only the words.
"""
