"""State of the installation: whether it is a demo, and whether it may become one."""

from __future__ import annotations

import datetime
from pathlib import Path

from django.conf import settings

from changzhi_portal.refusals import NotAllowedError, StaleError
from communities.models import CommunityProfile, Facility, MonthlyReport, ServicePoint
from demo.accounts import CITY, demo_accounts_exist
from orgs.models import SocialOrganization
from practice.models import Document, Story
from reports.models import Briefing
from services.models import CatalogueItem, Payment, Review, ServiceProject
from socialworkers.models import SocialWorker, Training
from workload.models import WorkItem

# The edition number is part of the text: a demo made by another edition cannot be continued.
_MARK = "演示数据：本目录的门户中全部人员、组织、面积和金额均为虚构。\n第2版：2017年11月起逐月演示。\n"
_REGISTERS = (
    CommunityProfile,
    Facility,
    ServicePoint,
    MonthlyReport,
    SocialOrganization,
    SocialWorker,
    Training,
    CatalogueItem,
    ServiceProject,
    Review,
    Payment,
    WorkItem,
    Document,
    Story,
)


def demo_folder() -> Path:
    """Return the folder of the demo's files."""
    return Path(settings.VAR_DIR) / "demo"


def mark_as_demo() -> None:
    """Write the marker file that settings.DEMO is read from, and set settings.DEMO in this process.

    From then on every page and briefing is labelled 演示数据.
    """
    demo_folder().mkdir(parents=True, exist_ok=True)
    _marker().write_text(_MARK)
    settings.DEMO = True


def _marker() -> Path:
    return demo_folder() / "DEMO"


def is_ready(month: datetime.date) -> bool:
    """Return whether the demo is complete: marker, accounts, and the city's draft of `month`, which is printed last."""
    printed = Briefing.objects.filter(period__month=month, division__code=CITY, state=Briefing.State.PRINTED)
    return _marker().exists() and demo_accounts_exist() and printed.exists()


def refuse_real_data() -> None:
    """Raise NotAllowedError in production, and StaleError for data of an older demo or of anybody else."""
    if settings.PRODUCTION:
        raise NotAllowedError(
            "正式环境不能装入演示数据。",
            cure="This is a production installation (PORTAL_MODE=production). Load demo data into an embedded one.",
        )
    if _marker().exists() and _marker().read_text() != _MARK:
        raise StaleError(
            "这里的演示数据是旧版本做的，不能接着做；请删除后重新启动。",
            cure=f"The demo data are of an older edition. Stop the portal, delete {settings.VAR_DIR} and start again.",
        )
    if not demo_accounts_exist() and any(model._default_manager.exists() for model in _REGISTERS):
        raise StaleError(
            "登记表里已有数据，不能再装入演示数据。",
            cure="The registers hold data already. Use another database for the demo: set VAR_DIR to a new folder.",
        )
