"""Quality rules of documents."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.scope import ScopedQuerySet
from practice.models import Document

DOCUMENTS = Subject(Document, label="title")


@rule(
    DOCUMENTS,
    Severity.SOFT,
    "制度文件失效后没有接续",
    "《{title}》自{valid_to}起失效，没有登记接续的同类文件，请补登记新的文件，或者说明。",
)
def document_lapsed(occasion: Occasion) -> ScopedQuerySet:
    """Find documents that have ended within the month where no other one of the kind holds in the same place [五（二）]."""
    others = Document.objects.in_force_on(occasion.day).filter(kind=OuterRef("kind")).exclude(pk=OuterRef("pk"))
    here = Q(community=OuterRef("community")) | Q(division=OuterRef("division"))
    ended = Document.objects.filter(valid_to__gt=occasion.day_before, valid_to__lte=occasion.day)
    return ended.filter(~Exists(others.filter(here)))


@rule(
    DOCUMENTS,
    Severity.SOFT,
    "制度文件可能重复登记",
    "同一单位另有一份标题、类别和印发日期都相同的文件，只是文号不同（这一份是{number}），请核对是否重复登记。",
)
def document_twice(occasion: Occasion) -> ScopedQuerySet:
    """Find documents of one place with the same kind, title and day under two numbers, probably one document recorded twice."""
    issued = Document.objects.filter(issued_on__lte=occasion.day)
    here = Q(community=OuterRef("community")) | Q(division=OuterRef("division"))
    twin = issued.filter(here, kind=OuterRef("kind"), title=OuterRef("title"), issued_on=OuterRef("issued_on"))
    return issued.filter(Exists(twin.exclude(pk=OuterRef("pk"))))
