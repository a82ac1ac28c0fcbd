"""The frame's own checks: database, migrations, broker, workers by queue, beat, disk."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.template.defaultfilters import filesizeformat
from redis import Redis
from redis.exceptions import RedisError

from changzhi_portal.celery import Queue
from changzhi_portal.display import display_value
from changzhi_portal.health.check import LONG, HealthCheck
from changzhi_portal.models import PortalProcess
from changzhi_portal.refusals import UnavailableError

QUEUE_TITLES: Final = {Queue.UPLOADS: "表格处理", Queue.TARGETS: "测算和邮件", Queue.REPORTS: "简报打印"}
_REDIS_TIMEOUT = 2  # seconds


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        raise UnavailableError(
            "数据库没有响应，请启动数据库，再看服务器日志。",
            cure=f"The database does not answer ({type(error).__name__}). Start it.",
        ) from error
    return "有响应。"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise UnavailableError(
            f"有{len(missing)}步数据库升级还没有做，请在服务器上运行 manage.py migrate，再重新启动。",
            cure=f"{len(missing)} migrations are not applied. Run manage.py migrate.",
        )
    return "与程序版本一致。"


def _broker() -> str:
    try:
        if settings.REDIS_URL:
            with Redis.from_url(
                settings.REDIS_URL, socket_timeout=_REDIS_TIMEOUT, socket_connect_timeout=_REDIS_TIMEOUT
            ) as redis:
                redis.ping()
            return "有响应。"
        folder = Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"]))
        folder.mkdir(parents=True, exist_ok=True)  # as whoever sends a message does
        with tempfile.TemporaryFile(dir=folder) as probe:  # has no name where a worker might read it
            probe.write(b"written")
        return "文件队列可以读写。"
    except (RedisError, OSError) as error:
        raise UnavailableError(
            "任务队列连不上或写不进去：新的任务暂时不能分派，已收下的不会丢；请启动 Redis，"
            "没有用 Redis 的，检查数据目录还在不在、能不能写。",
            cure=f"The broker cannot be reached or written ({type(error).__name__}).",
        ) from error


def _worker(queue: Queue) -> str:
    processes = [each for each in PortalProcess.objects.of(PortalProcess.Kind.WORKER) if queue in each.queue_names]
    living = [each for each in processes if each.is_alive]
    if living:
        return (
            f"{len(living)}个后台处理进程在运行，最近一次心跳 {display_value(max(each.seen_at for each in living))}。"
        )
    raise UnavailableError(
        f"没有后台处理进程在办“{QUEUE_TITLES[queue]}”的任务{_last_seen(processes)}；请启动后台处理进程，等待的任务会接着办。",
        cure=f"No worker serves the queue {queue}. Start a worker.",
    )


def _beat() -> str:
    processes = list(PortalProcess.objects.of(PortalProcess.Kind.BEAT))
    living = [each for each in processes if each.is_alive]
    if living:
        return f"在运行，最近一次心跳 {display_value(max(each.seen_at for each in living))}。"
    raise UnavailableError(
        f"定时进程没有运行{_last_seen(processes)}：催报、测算和中断任务的重排都停着；请启动定时进程。",
        cure="Beat does not run. Start it.",
    )


def _last_seen(processes: list[PortalProcess]) -> str:
    return f"（最后一次心跳 {display_value(max(each.seen_at for each in processes))}）" if processes else ""


def _disk() -> str:
    try:
        free = shutil.disk_usage(Path(settings.VAR_DIR)).free
    except OSError as error:
        raise UnavailableError(
            "数据目录不见了，请检查磁盘是否挂载。", cure=f"VAR_DIR cannot be read ({type(error).__name__})."
        ) from error
    if free < settings.HEALTH_FREE_BYTES:
        raise UnavailableError(
            f"数据目录所在的磁盘只剩{filesizeformat(free)}，少于{filesizeformat(settings.HEALTH_FREE_BYTES)}；"
            "请清理磁盘或扩容，满了以后文件传不上来。",
            cure=f"Only {free} bytes are free below VAR_DIR. Make room.",
        )
    return f"还有{filesizeformat(free)}可用。"


DATABASE = HealthCheck(name="database", title="数据库", ask=_database, needs_database=False)
OWN_CHECKS: Final = (
    DATABASE,
    HealthCheck(name="migrations", title="数据库升级", ask=_migrations, kept_seconds=LONG),
    HealthCheck(name="broker", title="任务队列", ask=_broker, needs_database=False),
    *(
        HealthCheck(name=f"worker_{queue}", title=f"后台处理：{title}", ask=partial(_worker, queue))
        for queue, title in QUEUE_TITLES.items()
    ),
    HealthCheck(name="beat", title="定时进程", ask=_beat),
    HealthCheck(name="disk", title="磁盘", ask=_disk, needs_database=False),
)
