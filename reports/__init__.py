"""What leaders read: figures, words, charts, pages, PDF."""
