"""The sheet of social workers."""

from socialworkers.sheets.workers import WorkerSheet

__all__ = ["WorkerSheet"]
