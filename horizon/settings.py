"""Every setting, read from the environment once. Nothing needs to be set; what may be is listed in the README.

Importing this module writes to the data folder only: the folder itself, the generated secret key, the doorbell's folders.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

from horizon.catalog.archive import MAX_PACKED

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _secret_key(file: Path) -> str:
    """Read the installation's key, made at the first start. Several processes may start at once: the first link wins."""
    if not file.exists():
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=".secret-key-")
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        os.unlink(draft)
    return file.read_text()


# -- where things are

HORIZON_DATA = _folder(Path(env.str("HORIZON_DATA", default=str(BASE_DIR / "data"))).absolute())
HORIZON_TEMPLATES = Path(env.str("HORIZON_TEMPLATES", default=str(BASE_DIR / "templates_repo"))).absolute()

BIND = env.str("BIND", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
HORIZON_URL = env.str("HORIZON_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
HORIZON_CHART_REPOSITORY = env.str("HORIZON_CHART_REPOSITORY", default=f"{HORIZON_URL}/charts")

# -- how the platform behaves

HORIZON_WATCH_LIMIT = env.int("HORIZON_WATCH_LIMIT", default=600)
"""Seconds that a run may wait for its region to become healthy."""
HORIZON_LEASE = env.int("HORIZON_LEASE", default=10)
"""Seconds after which a run whose worker went silent is taken over."""
HORIZON_STREAMS = env.int("HORIZON_STREAMS", default=80)
"""Pages that one web process tells of changes as they happen. Each holds a thread, so that it must be fewer than there are threads; others poll."""
HORIZON_ADMINS_ONLY_ROOT_GROUPS = env.bool("HORIZON_ADMINS_ONLY_ROOT_GROUPS", default=False)
HORIZON_TEMPLATE_SOURCES = env.list("HORIZON_TEMPLATE_SOURCES", default=["https://"])
"""Beginnings of the addresses that templates are fetched from by Git."""

# -- Django

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or _secret_key(HORIZON_DATA / "secret-key")
_public = urlsplit(HORIZON_URL)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *filter(None, [_public.hostname]), *env.list("ALLOWED_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
CSRF_FAILURE_VIEW = "horizon.web.errors.csrf"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "django.contrib.staticfiles",
    "rest_framework",
    "horizon.inventory",
    "horizon.access",
    "horizon.delivery",
    "horizon.api",
    "horizon.web",
    "horizon.commands",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "horizon.web.compression.compressed",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "horizon.web.policy.content_security",
]

ROOT_URLCONF = "horizon.urls"
WSGI_APPLICATION = "horizon.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Files that are sent are never written to a disk: what is larger than an archive and its form is read past.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = MAX_PACKED + 64 * 1024
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "horizon.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["horizon.api.parsers.Json", "horizon.api.parsers.MergePatch"],
    "EXCEPTION_HANDLER": "horizon.api.errors.handler",
}

# -- the database: SQLite in the data folder unless told otherwise


def _database() -> dict[str, Any]:
    ours = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(HORIZON_DATA / "horizon.sqlite3")}
    database: dict[str, Any] = env.db_url("DATABASE_URL") if env.str("DATABASE_URL", default="") else ours
    options = database.setdefault("OPTIONS", {})
    if database["ENGINE"] == "django.db.backends.sqlite3":
        options.setdefault("timeout", 20)
        options.setdefault("transaction_mode", "IMMEDIATE")
        options.setdefault("init_command", "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;")
        # A file, not memory: threads and processes under test have connections of their own.
        database["TEST"] = {"NAME": str(HORIZON_DATA / "test.sqlite3")}
    elif database["ENGINE"] == "django.db.backends.postgresql":
        options.setdefault("connect_timeout", 5)
        # To compile a list's query takes longer than to run it: 60 ms of 120 at 100,000 clusters.
        options.setdefault("options", "-c jit=off")
        kept = env.int("DATABASE_POOL", default=0)
        if kept:
            options["pool"] = {"min_size": 1, "max_size": kept, "timeout": 10}
            # A server that was started again has closed all that were kept.
            database["CONN_HEALTH_CHECKS"] = True
    return database


DATABASES = {"default": _database()}

# -- the doorbell: files in the data folder unless there is a Redis


def _doorbell(redis_url: str) -> dict[str, Any]:
    if redis_url:
        # Longer than any task, else Redis hands a running one out again.
        return {"visibility_timeout": 600, "socket_connect_timeout": 2, "socket_timeout": 10}
    rings = str(_folder(HORIZON_DATA / "doorbell" / "rings"))
    control = str(_folder(HORIZON_DATA / "doorbell" / "control"))
    # The default interval sleeps a second between messages: 300 took 72 s.
    return {"data_folder_in": rings, "data_folder_out": rings, "control_folder": control, "polling_interval": 0.1}


REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = _doorbell(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 120
CELERY_TASK_TIME_LIMIT = 150
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(_folder(HORIZON_DATA / "scheduler") / "schedule")
# A ring that waited longer than its period is dropped: the next one is there already.
CELERY_BEAT_SCHEDULE = {
    "ring": {"task": "horizon.delivery.tasks.ring", "schedule": 2.0, "options": {"expires": 2.0}},
    "sweep": {"task": "horizon.delivery.tasks.sweep", "schedule": 30.0, "options": {"expires": 30.0}},
}

# -- counts of tries to sign in: in Redis where there is one, else in the one web process

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# -- log lines, to stderr

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "horizon.commands.lines.Line"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "NOTSET", "propagate": True},
        "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
        # Celery says twice a task that it went well, and the scheduler rings every two seconds.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.worker.request": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
