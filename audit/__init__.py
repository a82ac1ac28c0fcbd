"""The trail, read: the auditor's pages, its verification, its export and its archive. Writing it is in `changelog.trail`."""
