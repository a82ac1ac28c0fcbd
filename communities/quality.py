"""Quality rules of communities, their population their facilities and service points (docs/domain.md §6.5)."""

from __future__ import annotations

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Abs, Cast

from changzhi_portal.quality import Occasion, Severity, Subject, rule
from changzhi_portal.records import in_effect, not_ended
from changzhi_portal.scope import ScopedQuerySet
from communities.models import Community, CommunityProfile, Facility, GovernanceBody, RecordMove, ServicePoint
from communities.peers import unlike_peers
from communities.sheets.facilities import ACTIVITY_AREA_TOO_LARGE
from communities.thresholds import FEWEST_PEOPLE_MOVED, LARGEST_AREA, MOST_PER_HOUSEHOLD, POPULATION_CHANGE

COMMUNITIES = Subject(Community, community="")
FACILITIES = Subject(Facility)
POINTS = Subject(ServicePoint)


# --- Communities ---


def scored_communities(occasion: Occasion) -> ScopedQuerySet:
    """Return the communities that targets count: of a known kind, not virtual and not closed on the day."""
    return _standing(occasion).exclude(kind="")


def _standing(occasion: Occasion) -> ScopedQuerySet:
    return Community.objects.filter(not_ended(occasion.day, "closed_on"), is_virtual=False)


def _with_population(rows: ScopedQuerySet, occasion: Occasion) -> ScopedQuerySet:
    """Annotate `residents` and `residents_before`: the newest known on the last day of the month and of the one before."""
    counts = CommunityProfile.objects.filter(community=OuterRef("pk"), residents__isnull=False).order_by("-as_of")
    return rows.annotate(
        residents=Subquery(counts.filter(as_of__lte=occasion.day).values("residents")[:1]),
        residents_before=Subquery(counts.filter(as_of__lte=occasion.day_before).values("residents")[:1]),
    )


@rule(COMMUNITIES, Severity.SOFT, "缺少常住人口", "没有填报常住人口，与人口有关的目标不能判定，请补报。")
def population_missing(occasion: Occasion) -> ScopedQuerySet:
    """Find scored communities without a known population, which targets judge as `unknown` (docs/domain.md §5)."""
    known = CommunityProfile.objects.filter(as_of__lte=occasion.day, residents__isnull=False)
    return scored_communities(occasion).exclude(pk__in=known.values("community"))


@rule(
    COMMUNITIES,
    Severity.SOFT,
    "常住人口与上月相差过大",
    "常住人口{residents}人，上月是{residents_before}人，增减达到{most_change}%以上，请核对。",
)
def population_jumped(occasion: Occasion) -> ScopedQuerySet:
    """Find changes of POPULATION_CHANGE against the month before (docs/domain.md §6) by FEWEST_PEOPLE_MOVED or more."""
    most, fewest = occasion.thresholds[POPULATION_CHANGE], occasion.thresholds[FEWEST_PEOPLE_MOVED]
    # Only where something was counted within the month; to look up two months of every community takes long.
    counted = CommunityProfile.objects.filter(
        as_of__gt=occasion.day_before, as_of__lte=occasion.day, residents__isnull=False
    )
    standing = _standing(occasion).filter(pk__in=counted.values("community"))
    rows = _with_population(standing, occasion).filter(residents_before__gt=0)
    moved = rows.annotate(
        most_change=Value(most),
        hundredfold=_large("residents") * 100,
        people_moved=Abs(F("residents") - F("residents_before")),
    )
    before = _large("residents_before")
    is_jump = Q(hundredfold__gte=before * (100 + most)) | Q(hundredfold__lte=before * (100 - most))
    return moved.filter(is_jump, people_moved__gte=fewest)


@rule(
    COMMUNITIES,
    Severity.SOFT,
    "常住人口明显不同于同类社区",
    "常住人口{residents}人，本县同类社区的中位数是{peers_median}人，相差悬殊，请核对。",
)
def population_unlike_peers(occasion: Occasion) -> ScopedQuerySet:
    """Find outliers among the communities of the same kind in the county; see communities.peers."""
    rows = _with_population(occasion.of_city(scored_communities(occasion)), occasion)
    return unlike_peers(rows, "residents", ("town__parent", "kind"), occasion.thresholds)


@rule(
    COMMUNITIES,
    Severity.SOFT,
    "户数与人口不相称",
    "户数{households}户、常住人口{residents}人，户均人口不合常理，请核对两个数字。",
)
def household_size_implausible(occasion: Occasion) -> ScopedQuerySet:
    """Find more households than people or more than MOST_PER_HOUSEHOLD people in each, often a wrong column."""
    counted = CommunityProfile.objects.filter(
        as_of__lte=occasion.day, households__isnull=False, residents__isnull=False
    ).order_by()
    later = counted.filter(community=OuterRef("community"), as_of__gt=OuterRef("as_of"))
    most = occasion.thresholds[MOST_PER_HOUSEHOLD]
    implausible = Q(households__gt=F("residents")) | Q(residents__gt=_large("households") * most)
    found = counted.filter(implausible, ~Exists(later))
    newest = found.filter(community=OuterRef("pk"))
    return (
        _standing(occasion)
        .filter(pk__in=found.values("community"))
        .annotate(
            households=Subquery(newest.values("households")[:1]), residents=Subquery(newest.values("residents")[:1])
        )
    )


@rule(COMMUNITIES, Severity.SOFT, "社区类型未定", "已有常住人口，但没有填类型，暂不参与测评，请填城市社区或农村社区。")
def kind_missing(occasion: Occasion) -> ScopedQuerySet:
    """Find communities with residents and without a kind; codes with a number from 400 on have no default kind (§3)."""
    counted = CommunityProfile.objects.filter(community=OuterRef("pk"), residents__gt=0, as_of__lte=occasion.day)
    return _standing(occasion).filter(Exists(counted), kind="")


@rule(COMMUNITIES, Severity.SOFT, "没有居（村）民委员会", "居（村）民委员会填的是“否”，请核对是否填错列。")
def committee_denied(occasion: Occasion) -> ScopedQuerySet:
    """Find communities without a committee, which the law requires (城市居民委员会组织法, 村民委员会组织法)."""
    denied = GovernanceBody.objects.filter(community=OuterRef("pk"), kind=GovernanceBody.Kind.COMMITTEE, exists=False)
    return scored_communities(occasion).filter(Exists(denied))


@rule(
    COMMUNITIES,
    Severity.SOFT,
    "城市社区没有综合服务设施",
    "本县其他社区已填报设施，这个城市社区没有一处在用的综合服务设施，请补报或核实。",
)
def urban_without_facility(occasion: Occasion) -> ScopedQuerySet:
    """Find urban communities counted as 0 m² only because the county has reported other facilities (docs/domain.md §5).

    A facility that has moved since to the successor of its community counts where it was on the day (ADR 0021).
    """
    of_county = Facility.objects.filter(community__town__parent=OuterRef("town__parent"))
    counted = Facility.objects.in_effect_on(occasion.day).filter(kind=Facility.Kind.INTEGRATED)
    moved = RecordMove.objects.former_on(Facility, occasion.day)
    stayed = counted.exclude(pk__in=moved.values("record_id")).filter(community=OuterRef("pk"))
    had = moved.filter(record_id__in=counted.values("pk"), from_community=OuterRef("pk"))
    urban = scored_communities(occasion).filter(kind=Community.Kind.URBAN)
    return urban.filter(Exists(of_county), ~Exists(stayed), ~Exists(had))


def _large(count: str) -> Cast:
    """Return a count as a large number: a slip of nine digits times a percentage exceeds an integer of PostgreSQL."""
    return Cast(count, BigIntegerField())


# --- Service points ---


@rule(
    POINTS,
    Severity.SOFT,
    "服务窗口没有填窗口数",
    "功能里有一站式服务窗口，没有填窗口数，全科窗口的比例算不出来，请补上。",
)
def point_without_windows(occasion: Occasion) -> ScopedQuerySet:
    """Find points in use that are counters and do not say how many there are, or say none."""
    in_use = ServicePoint.objects.in_effect_on(occasion.day).with_function(ServicePoint.Function.WINDOW)
    return in_use.filter(Q(windows__isnull=True) | Q(windows=0))


@rule(
    POINTS,
    Severity.SOFT,
    "有窗口或全科受理，功能里没有窗口",
    "填了窗口数或者全科受理，功能里没有一站式服务窗口，请核对功能。",
)
def windows_without_function(occasion: Occasion) -> ScopedQuerySet:
    """Find points in use with counters, or that accept every matter, and are none by their functions."""
    in_use = ServicePoint.objects.in_effect_on(occasion.day)
    counters = in_use.with_function(ServicePoint.Function.WINDOW)
    return in_use.filter(Q(windows__gt=0) | Q(accepts_all=True)).exclude(pk__in=counters.values("pk"))


@rule(
    POINTS,
    Severity.SOFT,
    "有社工岗位，功能里没有社会工作站",
    "设了{posts}个社工岗位，功能里没有社会工作站（室），请核对功能或岗位数。",
)
def posts_without_station(occasion: Occasion) -> ScopedQuerySet:
    """Find points in use with posts of social workers that are no station by their functions [四（三）1]."""
    in_use = ServicePoint.objects.in_effect_on(occasion.day).filter(posts__gt=0)
    stations = ServicePoint.objects.with_function(ServicePoint.Function.SOCIAL_WORK)
    return in_use.exclude(pk__in=stations.values("pk"))


@rule(
    POINTS,
    Severity.SOFT,
    "服务站点所在社区已撤销",
    "所在社区已经撤销，请改到现在的社区或填停用日期。",
)
def point_in_closed_community(occasion: Occasion) -> ScopedQuerySet:
    """Find points in use in a closed community."""
    return ServicePoint.objects.in_effect_on(occasion.day).filter(community__closed_on__lte=occasion.day)


# --- Facilities ---


@rule(FACILITIES, Severity.HARD, "活动面积大于建筑面积", f"{ACTIVITY_AREA_TOO_LARGE}，请改正。")
def activity_area_exceeds_area(occasion: Occasion) -> ScopedQuerySet:
    """Find facilities whose activity area, a part of the area, is larger than the area."""
    return Facility.objects.filter(not_ended(occasion.day, "closed_on"), activity_area__gt=F("area"))


@rule(FACILITIES, Severity.SOFT, "设施面积过大", "建筑面积{area}㎡，超过一般社区设施的规模，请核对单位和小数点。")
def facility_too_large(occasion: Occasion) -> ScopedQuerySet:
    """Find areas that are implausibly large, usually for a missing decimal point or because the grounds are included."""
    return Facility.objects.in_effect_on(occasion.day).filter(area__gt=occasion.thresholds[LARGEST_AREA])


@rule(FACILITIES, Severity.SOFT, "设施面积为零", "建筑面积为0㎡，计入后不增加面积，请填实际面积。")
def facility_area_zero(occasion: Occasion) -> ScopedQuerySet:
    """Find areas of 0 m², which are values and not blanks (docs/domain.md §4) but impossible for a building."""
    return Facility.objects.in_effect_on(occasion.day).filter(area=0)


@rule(
    FACILITIES,
    Severity.SOFT,
    "设施面积明显不同于同类设施",
    "建筑面积{area}㎡，本县同类社区此类设施的中位数是{peers_median}㎡，相差悬殊，请核对。",
)
def facility_unlike_peers(occasion: Occasion) -> ScopedQuerySet:
    """Find outliers among the facilities of the same kind of communities of the same kind in the county."""
    largest = occasion.thresholds[LARGEST_AREA]
    in_use = occasion.of_city(Facility.objects.in_effect_on(occasion.day))
    plausible = in_use.filter(area__gt=0, area__lte=largest)
    return unlike_peers(plausible, "area", ("community__town__parent", "community__kind", "kind"), occasion.thresholds)


@rule(
    FACILITIES,
    Severity.SOFT,
    "设施可能重复登记",
    "同一社区另有一处类型、面积{area}㎡、启用日期都相同的设施，请核对是否重复登记。",
)
def facility_twice(occasion: Occasion) -> ScopedQuerySet:
    """Find facilities of one community with the same kind, area and opening day, probably one building recorded twice."""
    in_use = Facility.objects.in_effect_on(occasion.day)
    twin = in_use.filter(
        community=OuterRef("community"), kind=OuterRef("kind"), area=OuterRef("area"), opened_on=OuterRef("opened_on")
    ).exclude(pk=OuterRef("pk"))
    return in_use.filter(Exists(twin))


@rule(
    FACILITIES,
    Severity.SOFT,
    "设施所在社区已撤销",
    "所在社区已经撤销，设施面积不再计入，请改到现在的社区或填停用日期。",
)
def facility_in_closed_community(occasion: Occasion) -> ScopedQuerySet:
    """Find facilities in use in a closed community, where they are not counted."""
    in_use = Facility.objects.filter(in_effect(occasion.day, *Facility.dated_by))
    return in_use.filter(community__closed_on__lte=occasion.day)
