"""Settings of the tests: the product's, with a temporary VAR_DIR and nothing of a running portal.

VAR_DIR is set in the environment before the product's settings are imported, so that commands which tests start as
processes share it. Each xdist worker has its own, and its own two Redis databases.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if "VAR_DIR" not in os.environ:
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="portal-tests-")
    atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)
_REDIS, _, _DATABASE = os.environ.get("REDIS_URL", "").rpartition("/")
if _WORKER and Path(os.environ["VAR_DIR"]).name != _WORKER:
    os.environ["VAR_DIR"] = os.path.join(os.environ["VAR_DIR"], _WORKER)
    if _REDIS:
        _DATABASE = str(2 * int(_WORKER.removeprefix("gw")))
        os.environ["REDIS_URL"] = f"{_REDIS}/{_DATABASE}"
if _REDIS:
    # The cache is emptied after every test; its own database keeps the queues.
    os.environ["CACHE_URL"] = f"{_REDIS}/{int(_DATABASE) + 1}"
# The fonts are installed once per clone and only read.
os.environ.setdefault("FONT_DIR", str(Path(__file__).parent.parent / "var" / "fonts"))

from changzhi_portal.settings import *  # noqa: E402, F403
from changzhi_portal.settings import DATABASES, STATIC_ROOT, STORAGES, VAR_DIR  # noqa: E402

DEMO = False
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in the product, so that threads and other processes get connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; only for tests
# Pages are tested without collected static files.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
# Django's live server serves MEDIA_ROOT at MEDIA_URL, by default "/"; the product sends files by views only.
MEDIA_URL = "/served-by-nobody/"
