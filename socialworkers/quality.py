"""Quality rules of social workers and their postings. A finding names and links the person.

Rules find a level without a certificate number, a number without a level, one number for two people, a registration that
has lapsed, and one that lapses within 90 days while hours are missing (docs/domain.md §4.23).
"""

from __future__ import annotations

import datetime

from django.db.models import Count, Exists, F, OuterRef, Q

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet
from communities.models import Division
from socialworkers.models import Posting, SocialWorker
from socialworkers.models.hours import RENEWAL_DAYS, counted_hours, required_hours

# The newest posting, which decides the worker's office: whoever sees the finding may open the worker's page.
WORKERS = Subject(Posting, record=SocialWorker, ref="worker__ref", label="worker__name")
Level = SocialWorker.Level


def _at_work(occasion: Occasion) -> ScopedQuerySet:
    return Posting.objects.in_effect_on(occasion.day).filter(is_newest=True)


@rule(
    WORKERS,
    Severity.HARD,
    "在已撤销的社区任职",
    "任职的社区已经撤销，请上传这个人现在的社区和到岗日期，或填离岗日期。",
)
def posting_in_closed_community(occasion: Occasion) -> ScopedQuerySet:
    """Find postings at a community that no longer exists; the worker counts for no community now."""
    return _at_work(occasion).filter(community__closed_on__lte=occasion.day)


@rule(
    WORKERS,
    Severity.HARD,
    "任职期间重叠",
    "{started_on}到岗时，上一次任职还没有离岗，两处重复计算，请改正到岗或离岗日期。",
)
def postings_overlap(occasion: Occasion) -> ScopedQuerySet:
    """Find overlapping postings of a worker, who is counted at two places for some days until the month's end."""
    earlier = Posting.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gt=OuterRef("started_on")),
        worker=OuterRef("worker"),
        is_newest=False,
    )
    return Posting.objects.filter(Exists(earlier), is_newest=True, started_on__lte=occasion.day)


@rule(
    WORKERS,
    Severity.SOFT,
    "有职业水平没有证书编号",
    "填了职业水平，没有填证书编号，按专业人才计算缺少依据，请补填。",
)
def certificate_number_missing(occasion: Occasion) -> ScopedQuerySet:
    """Find workers who count as professionals by a certificate without a number."""
    return _at_work(occasion).exclude(worker__level=Level.NONE).filter(worker__certificate_number="")


@rule(
    WORKERS,
    Severity.SOFT,
    "有证书编号没有职业水平",
    "填了证书编号，职业水平却是“无”，没有按专业人才计算，请核对职业水平。",
)
def certificate_without_level(occasion: Occasion) -> ScopedQuerySet:
    """Find certificate numbers without a level: probably a professional who is not counted as one."""
    return _at_work(occasion).filter(worker__level=Level.NONE).exclude(worker__certificate_number="")


@rule(WORKERS, Severity.SOFT, "证书编号重复", "另有一人使用同一个证书编号，请核对原件。")
def certificate_number_twice(occasion: Occasion) -> ScopedQuerySet:
    """Find certificate numbers of two people. The other person may belong to another office and is not named."""
    numbers = SocialWorker.objects.order_by().exclude(certificate_number="").values("certificate_number")
    repeated = numbers.annotate(people=Count("pk")).filter(people__gt=1).values("certificate_number")
    return _at_work(occasion).filter(worker__certificate_number__in=repeated)


@rule(
    WORKERS,
    Severity.SOFT,
    "同一地点社会工作者重名",
    "同一社区（站点）另有一名同名的在岗人员，身份证号不同，请核对是否同一人。",
)
def worker_name_twice(occasion: Occasion) -> ScopedQuerySet:
    """Find two people of one name at one place, who may be one person with two ID numbers."""
    others = _at_work(occasion).filter(worker__name=OuterRef("worker__name")).exclude(worker=OuterRef("worker"))
    return _at_work(occasion).filter(
        Exists(others.filter(community=OuterRef("community"))) | Exists(others.filter(division=OuterRef("division")))
    )


@rule(
    WORKERS,
    Severity.SOFT,
    "任职地点不是社区或街道（乡镇）",
    "任职挂在县级或市级，没有计入任何社区和街道（乡镇），请核对任职地点。",
)
def posting_above_town(occasion: Occasion) -> ScopedQuerySet:
    """Find postings at a county. A blank community means the town's station (docs/domain.md §4): the town is missing."""
    return _at_work(occasion).filter(division__isnull=False).exclude(division__level=Division.Level.TOWN)


@rule(
    WORKERS,
    Severity.SOFT,
    "证书登记已过期",
    "证书登记有效期到{worker__registered_until}为止，已经过期；已续期登记的请填新的有效期，没有续期的请办理。",
)
def registration_lapsed(occasion: Occasion) -> ScopedQuerySet:
    """Find holders at post whose registration had ended on the day."""
    holders = _at_work(occasion).exclude(worker__level=Level.NONE)
    return holders.filter(worker__registered_until__lt=occasion.day)


@rule(
    WORKERS,
    Severity.SOFT,
    "证书登记将到期，学时不足",
    "证书登记有效期到{worker__registered_until}为止，3年内已计{counted}学时，应有{required}学时，请在到期前补齐。",
)
def registration_lapses_without_hours(occasion: Occasion) -> ScopedQuerySet:
    """Find holders at post whose registration ends within 90 days, and who lack hours of those that it asks for."""
    until = occasion.day + datetime.timedelta(days=RENEWAL_DAYS)
    ending = _at_work(occasion).filter(worker__registered_until__range=(occasion.day, until))
    counted = ending.exclude(worker__level=Level.NONE).annotate(
        counted=counted_hours(occasion.day, "worker__"), required=required_hours("worker__")
    )
    return counted.filter(counted__lt=F("required"))
