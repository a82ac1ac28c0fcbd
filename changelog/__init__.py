"""Change log: who changed which record when, from which values to which, and reversing changes."""
