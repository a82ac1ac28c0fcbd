"""Social workers, their postings and qualifications."""
