"""Pages of burden relief. Import from here."""

from workload.views.applications import ChangeApplication, ChooseKind, MoveItem, NewApplication
from workload.views.assessments import AssessmentDetail, AssessmentList, SetScheme
from workload.views.items import ItemDetail, ItemList, WaitingList

__all__ = [
    "AssessmentDetail",
    "AssessmentList",
    "ChangeApplication",
    "ChooseKind",
    "ItemDetail",
    "ItemList",
    "MoveItem",
    "NewApplication",
    "SetScheme",
    "WaitingList",
]
