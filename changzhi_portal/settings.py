"""Settings. Everything that differs between machines comes from the environment (docs/operations.md lists it)."""

from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote

import environ
import kombu
from celery.schedules import crontab, schedule
from csp.constants import NONE, SELF
from django.contrib.messages.constants import ERROR
from django.core.exceptions import ImproperlyConfigured

from changzhi_portal.celery import Queue
from changzhi_portal.private_files import write_privately
from changzhi_portal.secrets_store import field_keys, load_secret, trail_keys

write_privately()  # before anything is written
env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)
# The socket of the web process. Nobody but the portal's own user gets to it: what comes from there is believed to come from
# nginx, which says the client's address.
RUN_DIR = VAR_DIR / "run"
RUN_DIR.mkdir(mode=0o700, exist_ok=True)
PORTAL_MODE = env("PORTAL_MODE", default="embedded")
if PORTAL_MODE not in {"embedded", "production"}:
    raise ImproperlyConfigured(f"PORTAL_MODE is {PORTAL_MODE!r}. Set it to production, or unset it (embedded).")
PRODUCTION = PORTAL_MODE == "production"
DEBUG = env.bool("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off in production. Unset DEBUG.")

# Whether the data are invented: `manage.py demo` creates the marker, and pages and printed briefings show 演示数据.
DEMO = env.bool("DEMO", default=(VAR_DIR / "demo" / "DEMO").exists())

SECRET_KEY = load_secret("SECRET_KEY", directory=VAR_DIR / "secrets", production=PRODUCTION)
# Newest first: the first key encrypts, and all of them decrypt, so that keys can be rotated.
FIELD_KEYS = field_keys(load_secret("FIELD_KEYS", directory=VAR_DIR / "secrets", production=PRODUCTION))
DIGEST_KEY = load_secret("DIGEST_KEY", directory=VAR_DIR / "secrets", production=PRODUCTION)
# Newest first: the first key seals the trail (changelog.trail), and all of them verify older seals.
TRAIL_KEYS = trail_keys(load_secret("TRAIL_KEYS", directory=VAR_DIR / "secrets", production=PRODUCTION))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The portal's address for what is read away from it, such as the QR code of a printed briefing. Without it, no such link.
PORTAL_URL = env.str("PORTAL_URL", default="").rstrip("/")
if PORTAL_URL and not PORTAL_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured(
        "PORTAL_URL must begin with https:// (or http://), such as https://portal.example.gov.cn."
    )

INSTALLED_APPS = [
    "changzhi_portal",
    "periods",
    "changelog",
    "communities",
    "accounts",
    "notices",
    "exports",
    "orgs",
    "socialworkers",
    "services",
    "participation",
    "workload",
    "practice",
    "uploads",
    "targets",
    "revisions",
    "submissions",
    "reports",
    "connections",
    "audit",
    "privacy",
    "demo",
    "django_tables2",
    "django_filters",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]
MIDDLEWARE = [
    "changzhi_portal.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "changzhi_portal.middleware.BrowserPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "changzhi_portal.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "changzhi_portal.middleware.RequestLimitsMiddleware",  # before the next one, which reads the body
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "changzhi_portal.middleware.UserLogMiddleware",
    "changelog.middleware.TrailMiddleware",
    "changzhi_portal.kept_input.FormDoneMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.SignInMiddleware",
    "accounts.middleware.FirstStepsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "changzhi_portal.middleware.RefusalMiddleware",
    "accounts.middleware.RefusedAttemptMiddleware",
]
ROOT_URLCONF = "changzhi_portal.urls"
WSGI_APPLICATION = "changzhi_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "changzhi_portal.context_processors.frame",
                "notices.announcements.shown.announcements",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "frame/register_table.html"
FILTERS_EMPTY_CHOICE_LABEL = "全部"
MESSAGE_TAGS = {ERROR: "danger"}  # Bootstrap's name for it

# --- The month (docs/domain.md §6) ---
# Clerks of a county are reminded this many days before its report is due.
REMIND_DAYS_BEFORE = env.int("REMIND_DAYS_BEFORE", default=3)

# --- The trail (changelog.trail, audit) ---
# Records of the trail are archived after so many months at the earliest; 网络安全法 第二十一条 asks for six.
TRAIL_KEEP_MONTHS = max(env.int("TRAIL_KEEP_MONTHS", default=6), 6)

# --- Database: SQLite embedded, PostgreSQL in production (docs/architecture.md, decision 2) ---
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{quote(str(VAR_DIR / 'portal.sqlite3'))}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # JIT would compile long statements (the checks of a whole city, the judging of a month): that took fifteen seconds
    # of a page, for statements that run in half a second.
    # PostgreSQL plans a cursor for its first tenth; `iterator()` reads all, and a plan for that takes half the time.
    options = "-c jit=off -c cursor_tuple_fraction=1.0"
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", options)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache and sessions: files when embedded, so that a long commit in SQLite blocks no page ---
REDIS_URL = env("REDIS_URL", default="")
if REDIS_URL:
    # A database of its own, because clearing the cache must not clear the broker's queues.
    cache_url = env("CACHE_URL", default=f"{REDIS_URL.rpartition('/')[0]}/1")
    redis_cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": cache_url}
    CACHES = {"default": redis_cache, "kept": {**redis_cache, "KEY_PREFIX": "kept"}}
else:
    files = "django.core.cache.backends.filebased.FileBasedCache"
    CACHES = {
        "default": {"BACKEND": files, "LOCATION": VAR_DIR / "cache", "OPTIONS": {"MAX_ENTRIES": 20_000}},
        # What pages have computed (changzhi_portal.kept), apart from the sessions: whoever writes into a full cache of
        # files deletes any third of it.
        "kept": {"BACKEND": files, "LOCATION": VAR_DIR / "cache-kept", "OPTIONS": {"MAX_ENTRIES": 2_000}},
    }
SESSION_ENGINE = "changzhi_portal.sessions"
# Seconds; 等保 2.0 requires an idle time-out. Every request of a person renews it, what a page asks by itself does not.
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # of the cookie alone: the cache keeps SESSION_COOKIE_AGE
# A session ends so many hours after the sign-in, however busy it is; 0 for no end but the idle one.
SESSION_MAX_HOURS = env.int("SESSION_MAX_HOURS", default=12)
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "changzhi_portal.kept_input.csrf_failure"

# --- Health (`/readyz`, 运行状况) ---
# A worker or beat without a heartbeat for this many seconds is taken for dead. They write one every 10 seconds, but on
# SQLite they wait while a long commit is written.
HEALTH_SILENT_SECONDS = env.int("HEALTH_SILENT_SECONDS", default=90)
HEALTH_FREE_BYTES = env.int("HEALTH_FREE_BYTES", default=1024**3)  # less room on the disk of VAR_DIR is a fault

# --- Celery (docs/architecture.md, decision 3) ---
CELERY_IMPORTS = ["changzhi_portal.health.heartbeats", "changelog.trail.sealing"]
CELERY_BEAT_SCHEDULER = "changzhi_portal.health.heartbeats:BeatingScheduler"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # worker and beat wait for Redis without a limit
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
# Nothing asks workers by broadcast; each process that ever ran would leave a queue of its own behind.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# No task takes this long: a task that does hangs. Its row is put back, and in the end given up.
CELERY_TASK_TIME_LIMIT = 20 * 60  # seconds
CELERY_RESULT_EXPIRES = None  # no results are stored, so beat need not send Celery's task that deletes old ones
# A message without a queue is refused when it is sent, because no worker would read a default queue.
CELERY_TASK_QUEUES = [kombu.Queue(queue.value, kombu.Exchange(queue.value), queue.value) for queue in Queue]
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TIMEZONE = "Asia/Shanghai"
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
else:
    queue_dir = str(VAR_DIR / "broker" / "queue")
    CELERY_BROKER_URL = "filesystem://localhost/"
    CELERY_BROKER_TRANSPORT = "changzhi_portal.file_broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": queue_dir,
        "data_folder_out": queue_dir,
        "polling_interval": 0.1,  # seconds; a clerk is waiting for the page
    }
CELERY_BEAT_SCHEDULE = {
    "put back jobs and send what is due": {"task": "changzhi_portal.tasks.put_back_jobs", "schedule": schedule(10)},
    "open months and remind counties": {"task": "submissions.tasks.update_calendar", "schedule": schedule(600)},
    "find again what the quality rules find": {"task": "submissions.tasks.keep_findings", "schedule": schedule(60)},
    "count the daily figures of open months again": {
        "task": "targets.tasks.refresh_figures",
        "schedule": crontab(hour="1", minute="40"),
    },
    "wipe what has been kept long enough": {
        "task": "privacy.tasks.wipe_expired",
        "schedule": crontab(hour="3", minute="10"),
    },
    "tell of tokens that soon expire": {
        "task": "connections.tasks.tell_of_expiry",
        "schedule": crontab(hour="8", minute="20"),
    },
    "print drafts of briefings again": {"task": "reports.tasks.refresh_drafts", "schedule": schedule(60)},
    "issue briefings on their day": {"task": "reports.tasks.publish_due", "schedule": schedule(300)},
    "end what is no longer asked of communities": {
        "task": "workload.tasks.end_expired_items",
        "schedule": crontab(hour="0", minute="20"),
    },
    "send the e-mail of notices": {"task": "notices.tasks.send_waiting_mail", "schedule": schedule(60)},
}

# --- Sign-in ---
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.DivisionBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.SimilarityValidator", "OPTIONS": {"user_attributes": ["username", "email"]}},
    {"NAME": "accounts.passwords.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "accounts.passwords.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.CharacterKindsValidator"},
    {"NAME": "accounts.passwords.GuessingValidator"},
    {"NAME": "accounts.passwords.PastPasswordsValidator"},
]
# A sign-in with a password as old as this leads to the page that changes it; 0 for no such age.
PASSWORD_MAX_DAYS = env.int("PASSWORD_MAX_DAYS", default=0)
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
# Roles that must have a second factor (values of `accounts.models.Role`, separated by commas); others may.
TOTP_REQUIRED_ROLES = env.list("TOTP_REQUIRED_ROLES", default=[])
# An account is signed in at so many places at once; the next sign-in ends the one unused for longest. 0 for any number.
MAX_SESSIONS = env.int("MAX_SESSIONS", default=5)
# So many passwords a minute are looked at for browsers that nobody has signed in with before (accounts/attempts.py).
SIGN_IN_STRANGERS_PER_MINUTE = env.int("SIGN_IN_STRANGERS_PER_MINUTE", default=60)

# --- The API (docs/api.md) ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # the library imports them before the apps are there: API_AUTHENTICATION
    "DEFAULT_PERMISSION_CLASSES": [],  # each endpoint says which right it needs
    "DEFAULT_RENDERER_CLASSES": ["changzhi_portal.api.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "changzhi_portal.api.schema.EndpointSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "changzhi_portal.api.problems.answer_problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,  # ?format= is no parameter: one format each
}
# Who calls: asked in this order by every view of the API (changzhi_portal.api.access). A request with a token uses no session.
API_AUTHENTICATION = [
    "connections.authentication.TokenAuthentication",
    "rest_framework.authentication.SessionAuthentication",
]

# --- What is sent to other systems (docs/api.md §7, connections.sending) ---
# Networks of the intranet that the portal may send to besides the public one, as 10.20.0.0/16, separated by commas; there also
# by http and to these ports.
WEBHOOK_ALLOWED_NETWORKS = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
WEBHOOK_ALLOWED_PORTS = env.list("WEBHOOK_ALLOWED_PORTS", cast=int, default=[80, 443, 8080, 8443])
# An address to which nothing could be sent for so many days is sent nothing any more.
WEBHOOK_DISABLE_AFTER_DAYS = env.int("WEBHOOK_DISABLE_AFTER_DAYS", default=3)
for network in WEBHOOK_ALLOWED_NETWORKS:
    try:
        ip_network(network)
    except ValueError as error:
        raise ImproperlyConfigured(f"WEBHOOK_ALLOWED_NETWORKS: {error}") from error

SPECTACULAR_SETTINGS = {
    "TITLE": "长治市社区治理数据接口",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "WEBHOOKS": ["connections.described.EVENT"],
    "POSTPROCESSING_HOOKS": [
        "changzhi_portal.api.schema.keep_choices_in_place",
        "changzhi_portal.api.schema.let_fields_be_left_out",
        "changzhi_portal.api.schema.name_groups",
    ],
}

# How often one user may ask for what costs much (changzhi_portal.request_limits). How often one address may, over all its
# people, nginx decides (scripts/run_nginx).
REQUESTS_PER_MINUTE = {
    "uploads": env.int("UPLOADS_PER_USER", default=30),
    "searches": env.int("SEARCHES_PER_USER", default=120),  # a search is two requests
    "exports": env.int("EXPORTS_PER_USER", default=30),
    "calls": env.int("CALLS_PER_USER", default=300),  # of the API: a pull of 300,000 rows
    "token_calls": env.int("CALLS_PER_TOKEN", default=600),  # of the API by a program
    "verifications": env.int("VERIFICATIONS_PER_ADDRESS", default=60),  # of briefings, by visitors of one address
}

# A list with more rows is exported by a worker (exports.actions): up to here a file takes two or three seconds.
EXPORT_ROWS_AT_ONCE = env.int("EXPORT_ROWS_AT_ONCE", default=20_000)

# --- How long personal data are kept (docs/privacy.md): days, by the names of the rules in `<app>/retention.py` ---
RETENTION_DAYS = {
    name: env.int(f"RETENTION_{name.upper()}_DAYS", default=days)
    for name, days in {
        "open_uploads": 365,  # uploads that nobody has decided about, and rows that were left behind
        "originals": 180,
        "staged_values": 180,
        "logged_values": 3 * 365,  # as long as changes of people who are gone may be undone
        "notices": 365,
        "mail": 180,
        "sign_ins": 365,
        "exports": 2,  # files that a worker has made of long lists
        "deliveries": 30,  # what other systems were told (connections.models.Delivery)
        "call_answers": 1,  # of writes by the API, for clients that send one again
    }.items()
}
if any(days < 1 for days in RETENTION_DAYS.values()):
    raise ImproperlyConfigured("RETENTION_…_DAYS must be at least 1 day.")

# --- Content security policy ---
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Tabler's icons are data URIs
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# What browsers can do beside showing pages, and no page of ours asks for.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation",
        "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
        "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial", "usb",
        "xr-spatial-tracking",
    )
)  # fmt: skip
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    # The proxy's host names and browsers' preload lists are not the portal's decision.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- Language and time ---
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# --- Files ---
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "files"  # never served by URL: views send files after checking the scope
FONT_DIR = Path(env("FONT_DIR", default=str(VAR_DIR / "fonts")))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=50 * 1024 * 1024)
# All files of one upload together; nginx refuses more as well (scripts/run_nginx).
UPLOAD_MAX_REQUEST_BYTES = env.int("UPLOAD_MAX_REQUEST_BYTES", default=6 * UPLOAD_MAX_BYTES)
# Files that arrive: in memory, and larger ones in nameless encrypted files (changzhi_portal.arriving_files).
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "arriving"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "changzhi_portal.arriving_files.EncryptedUploadHandler",
]
UPLOAD_MAX_INFLATED_BYTES = 800 * 1024 * 1024  # a sheet of 20 columns with formats down to row 1,048,576 has 530 MB
UPLOAD_MAX_ROWS = 200_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # of a form; nginx refuses more as well (scripts/run_nginx)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # the page of a community's month sends a dozen for each of its records

# --- Mail and logs ---
# Without a mail server, e-mail is stored in a folder and nothing leaves the machine.
EMAIL_CONFIG = env.email_url("EMAIL_URL", default=f"filemail:///{quote(str(VAR_DIR / 'mail'))}")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds; a server that does not answer must not block the queue
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="portal@localhost")
LOG_LEVEL = env("LOG_LEVEL", default="INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "changzhi_portal.logs.make_formatter", "as_json": PRODUCTION}},
    "filters": {"refusals": {"()": "changzhi_portal.logs.RefusalsInOneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handler and level, which LOG_LEVEL would not change.
        "django": {"handlers": [], "level": "NOTSET"},
        "django.request": {"filters": ["refusals"]},
        "django.security.DisallowedHost": {"filters": ["refusals"]},  # filters are not inherited
        # Celery logs several lines each time that beat looks for work, which is every few seconds.
        "celery": {"level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL},
        # Celery's process pool, which does not propagate.
        "multiprocessing": {"handlers": ["stderr"], "level": "ERROR"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
    },
}
