"""Heavy libraries are imported when they are used, not with every command and page."""

import subprocess
import sys

import pytest
from django.conf import settings

HEAVY = ("weasyprint", "pypinyin", "docx")


@pytest.mark.parametrize("start", ["changzhi_portal.urls", "changzhi_portal.celery"])
def test_a_start_loads_no_heavy_library(start):
    """A fresh interpreter sets up Django and imports every page, or every task, as web and worker do when they start."""
    program = (
        "import importlib, sys, django\n"
        "django.setup()\n"
        f"importlib.import_module({start!r})\n"
        "from changzhi_portal.celery import app\n"
        "app.loader.import_default_modules()\n"
        f"print(*sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
