"""Writes of social workers beside those of uploads and edits."""

from socialworkers.actions.merging import copy_moves, remove_copied_moves

__all__ = ["copy_moves", "remove_copied_moves"]
