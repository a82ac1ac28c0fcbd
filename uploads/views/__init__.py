"""Pages of uploading: a batch from its file to its commit, the steps on the way, and downloads of workbooks."""
