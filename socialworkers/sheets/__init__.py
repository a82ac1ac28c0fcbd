"""The sheets of social workers, trainings and hours."""

from socialworkers.sheets.records import TrainingRecordSheet
from socialworkers.sheets.trainings import TrainingSheet
from socialworkers.sheets.workers import WorkerSheet

__all__ = ["TrainingRecordSheet", "TrainingSheet", "WorkerSheet"]
