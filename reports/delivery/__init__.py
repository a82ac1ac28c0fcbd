"""Delivering an issue: to whom, by which mail, who has read it (docs/domain.md §7.6, ADR 0035).

`actions` writes; `mail` makes the message of the bytes that were issued; `smtp` hands it to the server step by step.
"""
