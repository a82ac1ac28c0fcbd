"""Uploads one workbook in its own process and prints time and memory: `python -m tests.bench.one_upload FILE REGISTER`."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()
logging.disable(logging.INFO)

from accounts.models import User  # noqa: E402
from uploads import actions  # noqa: E402

user = User.objects.select_related("division").get(username="bench_officer")
path = Path(sys.argv[1])
started = time.perf_counter()
batch = actions.check_batch(
    actions.receive_file(file=[path.read_bytes()], file_name=path.name, register=sys.argv[2], by=user, queue=False)
)
checked = time.perf_counter()
actions.request_commit(batch=batch, mode="all", by=user, queue=False)
batch.refresh_from_db()
batch = actions.commit_batch(batch)
committed = time.perf_counter()
print(
    json.dumps(
        {
            "ref": batch.ref,
            "state": batch.state,
            "rows": batch.rows,
            "new": batch.new,
            "unchanged": batch.unchanged,
            "check": checked - started,
            "commit": committed - checked,
            "seconds": committed - started,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "reader_megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        }
    )
)
