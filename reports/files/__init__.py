"""An issue's files besides its PDF, from the same stored figures: .xlsx and .json from here, .docx from `document` (docs/domain.md §7.6)."""

from reports.files.data import figures_sha256, issue_json
from reports.files.workbook import issue_workbook

__all__ = ["figures_sha256", "issue_json", "issue_workbook"]
