"""Registers of burden relief: what communities may be asked, and their yearly assessment."""

from workload.sheets.assessments import AssessmentSheet
from workload.sheets.work_items import WorkItemSheet

__all__ = ["AssessmentSheet", "WorkItemSheet"]
