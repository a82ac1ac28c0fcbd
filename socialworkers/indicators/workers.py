"""Indicators of social workers in post (docs/domain.md §5)."""

from __future__ import annotations

from django.db.models import Count, Q

from changzhi_portal.indicators import CountedFigure, CountedRegister, Dimension, Indicator
from socialworkers.models import Posting, SocialWorker

_Level = SocialWorker.Level
# 专业人才: any certificate level, or a social-work degree alone (docs/domain.md §2.1).
_PROFESSIONALS = (
    CountedFigure(
        "professionals_degree_only",
        "仅有专业学历",
        Count("pk", filter=Q(worker__level=_Level.NONE, worker__has_social_work_degree=True)),
    ),
    CountedFigure("professionals_assistant", "助理社会工作师", Count("pk", filter=Q(worker__level=_Level.ASSISTANT))),
    CountedFigure(
        "professionals_social_worker", "社会工作师", Count("pk", filter=Q(worker__level=_Level.SOCIAL_WORKER))
    ),
    CountedFigure("professionals_senior", "高级社会工作师", Count("pk", filter=Q(worker__level=_Level.SENIOR))),
)
_FIGURES = (
    CountedFigure("workers", "在岗社会工作者", Count("pk")),
    CountedFigure("community_workers", "社区工作者", Count("pk", filter=Q(is_community_worker=True))),
    *_PROFESSIONALS,
)

LEVEL = Dimension(
    "level",
    "职业水平",
    {
        "degree_only": "无证书、有社会工作专业学历",
        **{value: str(label) for value, label in _Level.choices if value != _Level.NONE},
    },
    subject="专业人才",
)

POSTINGS = CountedRegister(
    code="workers",
    model=Posting,
    at_divisions=True,
    through="worker",
    community_figures=_FIGURES,
    division_figures=_FIGURES,
)

NUMBER_OF_WORKERS = Indicator("workers", "在岗社会工作者数", POSTINGS, {"": "workers"}, "人")
NUMBER_OF_COMMUNITY_WORKERS = Indicator("community_workers", "社区工作者数", POSTINGS, {"": "community_workers"}, "名")
PROFESSIONALS = Indicator(
    "professionals",
    "社会工作专业人才数",
    POSTINGS,
    {level: f"professionals_{level}" for level in LEVEL.values},
    "名",
    dimension=LEVEL,
)
