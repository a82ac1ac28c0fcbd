"""Commits a batch and hangs with everything written and nothing committed, to simulate a worker that is killed there."""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "changzhi_portal.settings")
django.setup()

from uploads import actions  # noqa: E402
from uploads.actions.commit_writer import CommitWriter  # noqa: E402
from uploads.models import UploadBatch  # noqa: E402


def hang(*_: object) -> None:
    print("written", flush=True)
    time.sleep(600)


CommitWriter.finish = hang  # type: ignore[method-assign]
actions.commit_queued_batch(UploadBatch.objects.get(pk=int(sys.argv[1])).pk)
