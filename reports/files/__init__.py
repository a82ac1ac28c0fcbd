"""An issue's files besides its PDF, from the same stored figures: .xlsx, .docx and .json (docs/domain.md §7.6). Import from here."""

from reports.files.data import figures_sha256, issue_json
from reports.files.document import issue_document
from reports.files.workbook import issue_workbook

__all__ = ["figures_sha256", "issue_document", "issue_json", "issue_workbook"]
