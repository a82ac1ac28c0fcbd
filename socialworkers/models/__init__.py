"""Social workers, their postings, and the trainings that they attended. Import from here."""

from socialworkers.models.trainings import Training, TrainingQuerySet, TrainingRecord, TrainingRecordQuerySet
from socialworkers.models.workers import Posting, PostingQuerySet, SocialWorker, SocialWorkerQuerySet

__all__ = [
    "Posting",
    "PostingQuerySet",
    "SocialWorker",
    "SocialWorkerQuerySet",
    "Training",
    "TrainingQuerySet",
    "TrainingRecord",
    "TrainingRecordQuerySet",
]
