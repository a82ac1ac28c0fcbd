"""Pages of uploading: a batch from its file to its commit, the steps around it, notices, and workbooks to take away."""
