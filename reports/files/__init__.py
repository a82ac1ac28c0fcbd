"""An issue's files besides its PDF, from the same stored figures: .xlsx, .json and .docx (docs/domain.md §7.6). Import from here."""

from reports.files.data import figures_sha256, issue_json

__all__ = ["figures_sha256", "issue_json"]
