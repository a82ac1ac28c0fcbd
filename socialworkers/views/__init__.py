"""Pages of social workers, trainings, hours and posts. Import from here."""

from socialworkers.views.posts import PostList
from socialworkers.views.trainings import TrainingDetail, TrainingList, TrainingRecordDetail, TrainingRecordList
from socialworkers.views.workers import WorkerDetail, WorkerList

__all__ = [
    "PostList",
    "TrainingDetail",
    "TrainingList",
    "TrainingRecordDetail",
    "TrainingRecordList",
    "WorkerDetail",
    "WorkerList",
]
