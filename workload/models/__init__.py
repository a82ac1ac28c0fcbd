"""Tables of burden relief [四（一）4]: what communities may be asked, and how they are assessed. Import from here."""

from workload.models.assessments import LEAST_WEIGHT, Assessment, AssessmentScheme, assessment_total
from workload.models.work_items import (
    COLLECTING,
    FUNDED,
    LONGEST_ASKED,
    OPEN,
    SUPPORTED,
    WorkItem,
    WorkItemQuerySet,
    WorkItemStep,
)

__all__ = [
    "COLLECTING",
    "FUNDED",
    "LEAST_WEIGHT",
    "LONGEST_ASKED",
    "OPEN",
    "SUPPORTED",
    "Assessment",
    "AssessmentScheme",
    "WorkItem",
    "WorkItemQuerySet",
    "WorkItemStep",
    "assessment_total",
]
