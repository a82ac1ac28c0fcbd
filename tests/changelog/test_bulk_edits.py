"""Setting one field of many records at once, from the boxes of a register's list (docs/domain.md §4.12)."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from changelog.actions import check_bulk, edit_in_bulk, edit_record
from changelog.models import ChangeSet
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, StaleError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.registers.registry import register_named, registers
from orgs.models import SocialOrganization
from tests.changelog.editing import CASES, Case
from tests.factories import Place, make_facility, make_organization, make_worker
from tests.pages import markup_of
from tests.queries import exactly, queries_of

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]
REASON = "按新的分类口径调整"
BULK = "/registers/organizations/bulk/"


def register(name: str = "organizations") -> RegisterSheet:
    return register_named(name)()


def apply(records: list[Any], field: str, value: Any, by: User, *, sheet: str = "organizations", **changes: Any) -> Any:
    """Preview and confirm, as the page does."""
    given = {"register": register(sheet), "refs": [each.ref for each in records], "name": field, "value": value}
    seen = check_bulk(**given, by=by).versions
    return edit_in_bulk(**(given | {"seen": seen, "reason": REASON, "by": by} | changes))


@pytest.fixture
def three(place: Place) -> list[SocialOrganization]:
    return [make_organization(place.communities[0], f"演示{letter}协会") for letter in "甲乙丙"]


# The field that a test sets in each register, and the value as the form sends it.
FIELDS = {
    "communities": ("has_mass", "是"),
    "facilities": ("kind", "activity"),
    "monthly": ("note", "演示"),
    "organizations": ("category", "culture_sports"),
    "workers": ("position", "演示岗位"),
    "projects": ("beneficiaries", "needy"),
    "catalogue": ("prefers_organizations", "是"),
    "reviews": ("reviewer", "third_party"),
    "payments": ("source", "lottery"),
    "points": ("accepts_all", "是"),
    "surveys": ("sent", "70"),
    "trainings": ("kind", "supervision"),
    "training_records": ("hours", "16"),
    "supports": ("note", "演示"),
    "activities": ("audience", "老年人"),
    "work_items": ("payment", "purchase"),
    "assessments": ("note", "演示"),
    "documents": ("note", "演示"),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_field_is_set_for_records_of_every_register_as_one_change_set_and_not_moved_to_the_users_own_place(
    case: Case, place: Place, officer: User
) -> None:
    name, value = FIELDS[case.register]
    records = [case.make(place), case.elsewhere(place)]
    if case.register == "facilities":
        value = register("facilities").column("kind").choices[1][0]
    places = (
        [str(register(case.register).division_of(each)) for each in records] if hasattr(records[0], "community") else []
    )
    edit = apply(records, name, value, officer, sheet=case.register)
    assert [len(edit.changing), len(edit.left_out), len(edit.unchanged)] == [2, 0, 0]
    assert ChangeSet.objects.get() == edit.change_set
    assert edit.change_set.reason == REASON
    for line in edit.changing:
        line.record.refresh_from_db()
    if places:
        assert [str(register(case.register).division_of(line.record)) for line in edit.changing] == places
    again = check_bulk(
        register=register(case.register), refs=[each.ref for each in records], name=name, value=value, by=officer
    )
    assert (len(again.changing), len(again.unchanged)) == (0, 2)


def test_every_register_says_what_may_be_set_for_many_and_nothing_of_it_is_a_figure_of_a_day_or_a_key() -> None:
    for sheet in registers():
        columns = sheet.bulk_columns()
        assert columns, sheet.name
        assert not any(column.is_key or column.is_personal for column in columns)
        assert not {column.field for column in columns} & set(
            sheet.fields_of_new_part if sheet.has_dated_figures else ()
        )


def test_records_that_fail_the_check_are_named_with_their_sentence_and_stay_as_they_are(
    place: Place, clerk: User, three: list[SocialOrganization]
) -> None:
    coded = make_organization(
        place.communities[0], "演示丁协会", registration="guided", credit_code="52140402MJ0000099X"
    )
    edit = apply([*three, coded], "registration", "registered", clerk)
    assert [str(line.record) for line in edit.changing] == ["演示丁协会"]
    assert [line.problems for line in edit.left_out] == [("管理方式为“登记”的组织必须填统一社会信用代码",)] * 3
    assert set(SocialOrganization.objects.values_list("registration", flat=True)) == {"filed", "registered"}


def test_records_are_closed_with_a_day_which_each_is_judged_by(place: Place, clerk: User) -> None:
    old = make_facility(place.communities[0], "演示旧站")
    new = make_facility(place.communities[0], "演示新站", opened_on=datetime.date(2018, 6, 10))
    edit = apply([old, new], "closed_on", "2018-06-01", clerk, sheet="facilities")
    assert [str(line.record) for line in edit.changing] == ["演示旧站"]
    assert "停用日期早于启用日期" in edit.left_out[0].problems[0]
    assert "不再计入统计" in edit.changing[0].remarks[-1]
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.closed_on, new.closed_on) == (datetime.date(2018, 6, 1), None)


def test_a_posting_ends_for_many_workers(place: Place, clerk: User) -> None:
    workers = [make_worker(place.communities[0], f"演示{letter}") for letter in "甲乙"]
    apply(workers, "ended_on", "2018-06-01", clerk, sheet="workers")
    assert {each.postings.get().ended_on for each in workers} == {datetime.date(2018, 6, 1)}


def test_what_was_changed_since_the_preview_is_named_and_nothing_is_written(
    clerk: User, three: list[SocialOrganization]
) -> None:
    refs = [each.ref for each in three]
    given: dict[str, Any] = {"register": register(), "refs": refs, "name": "category", "value": "charity"}
    seen = check_bulk(**given, by=clerk).versions
    edit_record(register=register(), values={"leader": "王演示"}, by=clerk, ref=three[1].ref, version=three[1].version)
    with pytest.raises(StaleError, match="有人改过“演示乙协会”，没有修改任何记录"):
        edit_in_bulk(**given, seen=seen, reason=REASON, by=clerk)
    assert set(SocialOrganization.objects.values_list("category", flat=True)) == {"community_service"}


def test_only_who_may_edit_changes_and_only_records_of_the_own_area(
    place: Place, clerk: User, leader: User, other_clerk: User, three: list[SocialOrganization]
) -> None:
    with pytest.raises(NotAllowedError):
        apply(three, "category", "charity", leader)
    with pytest.raises(NotFoundError):
        apply(three, "category", "charity", other_clerk)
    elsewhere = make_organization(place.villages[0])
    edit = apply([*three, elsewhere], "category", "charity", clerk)
    assert (len(edit.changing), edit.missing) == (3, 1)
    elsewhere.refresh_from_db()
    assert elsewhere.category == "community_service"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "电话19900001111"}, "reason"),
        ({"name": "credit_code"}, "field"),
    ],
)
def test_a_bulk_edit_needs_a_reason_and_a_field_that_may_be_set(
    clerk: User, three: list[SocialOrganization], changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        apply(three, "category", "charity", clerk, **changes)
    assert refused.value.field == field
    assert not ChangeSet.objects.exists()


def test_records_of_a_closed_community_stay_as_they_are(place: Place, clerk: User) -> None:
    gone = make_facility(place.communities[2])
    place.communities[2].closed_on = timezone.localdate()
    place.communities[2].save()
    edit = check_bulk(register=register("facilities"), refs=[gone.ref], name="note", value="旧", by=clerk)
    assert edit.left_out[0].problems == ("所在的社区已撤销，或者现在不属于本单位，不能修改",)


def test_more_records_need_no_more_queries(place: Place, clerk: User) -> None:
    def make(number: int) -> list[SocialOrganization]:
        start = SocialOrganization.objects.count()
        return [make_organization(place.communities[0], f"演示第{start + n}社") for n in range(number)]

    few, many = make(3), make(35)  # more go in several statements
    apply(few, "note", "热身", clerk)
    number = len(queries_of(lambda: apply(few, "note", "三条", clerk)))
    with exactly(number):
        apply(many, "note", "许多条", clerk)


# --- The page ---


def chosen(client: Client, records: list[Any], field: str = "category", url: str = BULK, **more: str) -> Any:
    return client.post(url, {"ref": [each.ref for each in records], "field": field} | more, follow=True)


def sent(answer: Any, **changes: str) -> dict[str, str]:
    form = answer.context["form"]
    return {name: str(form[name].value() or "") for name in ("selected", "field", "value", "reason")} | changes


def test_ticked_records_are_previewed_changed_and_the_list_is_shown_again(
    clerk: User, signed_in: SignedIn, three: list[SocialOrganization]
) -> None:
    client = signed_in(clerk)
    listed = client.get(reverse("orgs:list"))
    assert f'name="ref" value="{three[0].ref}" form="bulk"' in listed.content.decode()
    form = sent(chosen(client, three[:2]), value="charity", reason=REASON)
    shown = client.post(BULK, form)
    assert [(line.old, line.new) for line in shown.context["edit"].changing] == [("社区服务类", "公益慈善类")] * 2
    assert not ChangeSet.objects.exists()
    assert "修改这 2 条" in markup_of(shown)
    seen = {"previewed": shown.context["previewed"], "seen": shown.context["seen"]}
    done = client.post(BULK, form | seen, follow=True)
    assert "已修改2条社会组织的“类别”" in markup_of(done)
    assert [each.category for each in SocialOrganization.objects.order_by("pk")] == ["charity"] * 2 + [
        "community_service"
    ]
    assert REASON in client.get(three[0].get_absolute_url()).content.decode()


def test_all_records_that_match_the_filters_can_be_chosen(
    place: Place, clerk: User, signed_in: SignedIn, three: list[SocialOrganization]
) -> None:
    make_organization(place.communities[0], "演示书画社")
    client = signed_in(clerk)
    listed = client.get(reverse("orgs:list"), {"q": "协会", "page": "1"})
    address = listed.context["bulk"].url
    assert "page=" not in address
    answer = chosen(client, [], url=address, everything="1")
    assert set(sent(answer)["selected"].split()) == {each.ref for each in three}
    assert chosen(client, [], everything="1").context["chosen"]["number"] == 4


def test_nothing_ticked_or_too_many_leads_back_to_the_list_with_a_sentence(
    clerk: User, signed_in: SignedIn, three: list[SocialOrganization], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(clerk)
    assert "请先勾选要修改的记录" in markup_of(chosen(client, []))
    assert "请选择要批量修改的项目" in markup_of(chosen(client, three, field="phone"))
    monkeypatch.setattr("changelog.views.bulk.MOST_AT_ONCE", 2)
    assert "一次最多修改2条" in markup_of(chosen(client, three))
    assert "一次最多修改2条" in markup_of(chosen(client, [], everything="1"))
    assert client.get(BULK).status_code == 302


def test_records_that_are_gone_or_of_another_office_are_neither_counted_nor_named(
    place: Place, clerk: User, signed_in: SignedIn, three: list[SocialOrganization]
) -> None:
    foreign = make_organization(place.villages[0], "襄垣演示协会")
    client = signed_in(clerk)
    gone = {"ref": [three[0].ref, three[0].ref, foreign.ref, "nobody"], "field": "category"}
    page = markup_of(client.post(BULK, gone, follow=True))
    assert "已选 1 条：演示甲协会。另有 2 条现在不在本单位，不改。" in page
    assert "襄垣演示协会" not in page
    assert "另有" not in markup_of(chosen(client, three))
    none = client.post(BULK, {"ref": [foreign.ref], "field": "category"}, follow=True)
    assert none.redirect_chain
    assert "所选的记录现在都不在本单位，请重新勾选。" in markup_of(none)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("category", "", "请选择要改成哪一个。"),
        ("dissolved_on", "昨天", "日期"),
        ("note", "联系19900001111", "手机号"),
        ("note", "长" * 501, "500"),
        ("category", "商业类", "请从列出的选项中选择。"),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(
    field: str, value: str, sentence: str, clerk: User, signed_in: SignedIn, three: list[SocialOrganization]
) -> None:
    client = signed_in(clerk)
    form = sent(chosen(client, three, field=field), value=value, reason=REASON)
    answer = client.post(BULK, form)
    assert answer.status_code == 422
    assert sentence in "".join(answer.context["form"].errors["value"])


def test_somebody_elses_change_after_the_preview_is_said_and_previewed_anew(
    clerk: User, signed_in: SignedIn, three: list[SocialOrganization]
) -> None:
    client = signed_in(clerk)
    form = sent(chosen(client, three), value="charity", reason=REASON)
    shown = client.post(BULK, form)
    SocialOrganization.objects.filter(pk=three[0].pk).update(version=9)
    seen = {"previewed": shown.context["previewed"], "seen": shown.context["seen"]}
    stale = client.post(BULK, form | seen)
    assert stale.status_code == 409
    assert "有人改过“演示甲协会”" in markup_of(stale)
    again = {"previewed": stale.context["previewed"], "seen": stale.context["seen"]}
    assert "已修改3条" in markup_of(client.post(BULK, form | again, follow=True))


def test_versions_of_thousands_of_digits_count_as_nothing_seen(
    clerk: User, signed_in: SignedIn, three: list[SocialOrganization]
) -> None:
    client = signed_in(clerk)
    form = sent(chosen(client, three), value="charity", reason=REASON)
    shown = client.post(BULK, form)
    seen = {"previewed": shown.context["previewed"], "seen": f"{three[0].ref}:{'9' * 5_000}"}
    assert client.post(BULK, form | seen).status_code == 409


def test_a_number_of_rows_of_thousands_of_digits_shows_the_usual_number(clerk: User, signed_in: SignedIn) -> None:
    assert signed_in(clerk).get(reverse("orgs:list"), {"size": "9" * 5_000}).status_code == 200


def test_a_leader_has_no_boxes_and_no_page(leader: User, clerk: User, signed_in: SignedIn, place: Place) -> None:
    page = signed_in(leader).get(reverse("communities:community_list"))
    assert 'form="bulk"' not in page.content.decode()
    assert signed_in(leader).post("/registers/communities/bulk/").status_code == 403
