"""Uploaded files, their staged rows and the offices' column mappings. Import from here."""

from uploads.models.batch import UploadBatch
from uploads.models.column_mapping import ColumnMapping
from uploads.models.row import UploadRow

__all__ = ["ColumnMapping", "UploadBatch", "UploadRow"]
