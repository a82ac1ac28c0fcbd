"""Has a worker halt in the middle of a step while `FAULTS_DIR/<step>` exists, and name itself in `<step>.pid`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reports.actions import files
from targets.actions import measuring
from uploads.actions import check
from uploads.actions.commit_writer import CommitWriter

STEPS = {
    "checking": (check, "read_grids"),
    "committing": (CommitWriter, "finish"),  # everything is written, nothing is committed
    "computing": (measuring, "compute_in_snapshot"),
    "printing": (files, "issue_markup"),
}


def halting(step: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same work, which begins only when the step is not halted."""
    halt = Path(os.environ["FAULTS_DIR"], step)

    def halted(*arguments: Any, **options: Any) -> Any:
        if halt.exists():
            halt.with_suffix(".pid").write_text(str(os.getpid()))
        while halt.exists():
            time.sleep(0.05)
        return work(*arguments, **options)

    return halted


for name, (owner, attribute) in STEPS.items():
    setattr(owner, attribute, halting(name, getattr(owner, attribute)))
