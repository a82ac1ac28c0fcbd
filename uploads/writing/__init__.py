"""Writing workbooks for download: templates, exports, and the uploaded file with its problems marked."""
