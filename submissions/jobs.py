"""Background work of the month: which findings a worker finds again after a change of the registers."""

from __future__ import annotations

from changzhi_portal.after_changes import AfterChange
from changzhi_portal.celery import Queue

FINDINGS = AfterChange("submissions.tasks.keep_findings", Queue.TARGETS)
