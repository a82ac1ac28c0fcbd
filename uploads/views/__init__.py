"""Pages of uploading: a batch from its file to its commit, the steps around it, and workbooks to take away."""
