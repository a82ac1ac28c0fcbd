"""Delivering an issue: to whom, by which mail, who has read it (docs/domain.md §7.8, ADR 0036).

`actions` writes; `mail` makes the message of the bytes that were issued; `smtp` hands it to the server step by step.
"""
