"""Invented rows of the registers behind figures of divisions, for the places that `registers` has filled. 演示数据.

Per community: seven bodies, monthly counts of three months, the counts of a survey of satisfaction and of one of needs;
per county and city: a department with its work items and their decisions. Some communities lack a body or a count, some
surveys have too few answers, some items have ended.
"""

from __future__ import annotations

from typing import Any

from django.core.management.color import no_style
from django.db import connection

from accounts.models import Department
from communities.models import Community, Division, Facility, GovernanceBody, MonthlyCount, MonthlyReport
from participation.models import Survey, SurveyCount
from participation.questions import SATISFACTION_QUESTIONS
from tests.bench.registers import day_after, insert, series
from workload.models import WorkItem

ITEMS_OF_A_DIVISION = 60
MONTHS = ("2017-12-01", "2018-03-01", "2018-06-01")
FILLED = (GovernanceBody, MonthlyReport, MonthlyCount, Survey, SurveyCount, Department, WorkItem)


def fill_linked() -> None:
    """Write the rows of all communities and divisions that exist, in place of earlier ones. PostgreSQL only."""
    with connection.cursor() as cursor:
        own = ", ".join(model._meta.db_table for model in FILLED if model is not Department)
        cursor.execute(f"TRUNCATE {own} CASCADE")
        # Users refer to departments, and CASCADE would empty everything that refers to users.
        cursor.execute(f"DELETE FROM {Department._meta.db_table}")
        # Invented rows need no checks: triggers of foreign keys would take most of the time.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"CREATE TEMPORARY TABLE numbered AS SELECT c.id, t.parent_id AS county_id, row_number() OVER (ORDER BY c.id) AS i "
            f"FROM {Community._meta.db_table} AS c JOIN {Division._meta.db_table} AS t ON t.id = c.town_id"
        )
        _add_uses(cursor)
        _add_bodies(cursor)
        _add_monthly_counts(cursor)
        _add_surveys(cursor)
        _add_items(cursor)
        cursor.execute("DROP TABLE numbered")
        cursor.execute("SET session_replication_role = DEFAULT")
        for statement in connection.ops.sequence_reset_sql(no_style(), list(FILLED)):
            cursor.execute(statement)
        # As autovacuum keeps them in production.
        cursor.execute("VACUUM ANALYZE")


def counted() -> str:
    """Return the number of rows of each register, for the table's heading."""
    return ", ".join(f"{model._base_manager.count():,} {model._meta.verbose_name}" for model in FILLED)


def _add_uses(cursor: Any) -> None:
    """Give the facilities functions and ways of construction."""
    cursor.execute(
        f"UPDATE {Facility._meta.db_table} SET functions = CAST(CASE id % 5 "
        """WHEN 0 THEN '["party", "deliberation", "convenience", "culture", "elderly"]' WHEN 1 THEN '["culture"]' """
        """WHEN 2 THEN '["convenience", "elderly"]' WHEN 3 THEN '["party", "deliberation", "culture"]' ELSE '[]' END AS jsonb), """
        "construction_mode = CASE id % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'developer' WHEN 2 THEN 'purchase' ELSE '' END"
    )


def _add_bodies(cursor: Any) -> None:
    kinds = ", ".join(f"('{kind}', {number})" for number, kind in enumerate(GovernanceBody.Kind.values))
    counted_kind = "k.kind IN ('groups', 'representatives')"
    insert(
        cursor,
        GovernanceBody,
        {
            "community": "c.id",
            "kind": "k.kind",
            "exists": f"CASE WHEN NOT {counted_kind} THEN (c.i + k.n) % 11 <> 0 END",
            "number": f"CASE WHEN {counted_kind} THEN (c.i + k.n) % 13 END",
        },
        f"numbered AS c CROSS JOIN (VALUES {kinds}) AS k (kind, n) WHERE (c.i + k.n) % 17 <> 0",
    )


def _add_monthly_counts(cursor: Any) -> None:
    months = ", ".join(f"('{month}', {number})" for number, month in enumerate(MONTHS))
    insert(
        cursor,
        MonthlyReport,
        {
            "id": f"c.i * {len(MONTHS)} + m.n", "ref": f"'m' || CAST(c.i * {len(MONTHS)} + m.n AS text)", "version": "1",
            "community": "c.id", "month": "m.month", "note": "''",
        },
        f"numbered AS c CROSS JOIN (VALUES {months}) AS m (month, n) WHERE (c.i + m.n) % 19 <> 0",
    )  # fmt: skip
    kinds = ", ".join(f"('{kind}', {number})" for number, kind in enumerate(MonthlyCount.Kind.values))
    insert(
        cursor,
        MonthlyCount,
        {"report": "r.id", "kind": "k.kind", "number": "(r.id * 7 + k.n * 3) % 40"},
        f"{MonthlyReport._meta.db_table} AS r CROSS JOIN (VALUES {kinds}) AS k (kind, n) WHERE (r.id + k.n) % 23 <> 0",
    )


def _add_surveys(cursor: Any) -> None:
    """Add two surveys to each county with communities, and the answers of each community."""
    counties = "(SELECT county_id, row_number() OVER (ORDER BY county_id) AS n FROM numbered GROUP BY county_id) AS d"
    insert(
        cursor,
        Survey,
        {
            "id": "d.n * 2 + k.n", "ref": "'s' || CAST(d.n * 2 + k.n AS text)", "version": "1", "division": "d.county_id",
            "name": "'演示调查' || CAST(k.n AS text)", "readings": "'yan shi diao cha'", "kind": "k.kind",
            "starts_on": "'2018-04-10'", "ends_on": day_after("2018-04-20", "d.n % 60"), "method": "'household'",
            "by_third_party": "true", "questions": "CASE k.kind WHEN 'needs' THEN '演示题目' ELSE '' END", "state": "'closed'",
        },
        f"{counties} CROSS JOIN (VALUES ('satisfaction', 0), ('needs', 1)) AS k (kind, n)",
    )  # fmt: skip
    questions = ", ".join(f"('satisfaction', '{each}')" for each in SATISFACTION_QUESTIONS)
    grades = ("very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied", "do_not_know")
    # Some have fewer than thirty valid answers.
    answers = {
        name: f"CASE s.kind WHEN 'satisfaction' THEN (c.i * 7 + {number} * 5) % (20 - {number} * 3) END"
        for number, name in enumerate(grades)
    }
    insert(
        cursor,
        SurveyCount,
        {
            "ref": "'a' || CAST(row_number() OVER () AS text)", "version": "1", "survey": "s.id", "community": "c.id",
            "question": "q.question", "sent": "200", "chosen": "CASE s.kind WHEN 'needs' THEN c.i % 50 END", **answers,
        },
        f"numbered AS c JOIN {Survey._meta.db_table} AS s ON s.division_id = c.county_id "
        f"JOIN (VALUES {questions}, ('needs', '演示题目')) AS q (kind, question) ON q.kind = s.kind WHERE (c.i + s.id) % 29 <> 0",
    )  # fmt: skip


def _add_items(cursor: Any) -> None:
    """Add a department and its work items to each city and county of today: in force, ended, refused and waiting ones."""
    insert(
        cursor,
        Department,
        {
            "id": "d.id", "ref": "'d' || CAST(d.id AS text)", "version": "1", "division": "d.id", "name": "'演示局'", "note": "''",
        },
        f"{Division._meta.db_table} AS d WHERE d.level IN ('city', 'county') AND d.valid_to IS NULL",
    )  # fmt: skip
    lists = "(ARRAY['lawful', 'assisting', 'admitted', 'not_ours'])[1 + n.i % 4]"
    decided = day_after("2018-01-20", "(n.i * 7 + d.id) % 170")
    insert(
        cursor,
        WorkItem,
        {
            "ref": "'i' || CAST(d.id * 100 + n.i AS text)", "version": "1", "number": "'演示-' || CAST(d.id * 100 + n.i AS text)",
            "name": "'演示事项' || CAST(n.i AS text)", "readings": "'yan shi shi xiang'", "kind": "'task'", "listed_as": lists,
            "division": "d.division_id", "department": "d.id", "basis": "'演示'", "role": "'assisting'",
            "forbidden_field": "''", "has_veto": "false",
            "applies_to": "(ARRAY['all', 'urban', 'rural'])[1 + n.i % 3]", "term": "'lasting'",
            "valid_from": day_after("2017-06-01", "n.i * 6"),
            "valid_to": f"CASE WHEN n.i % 9 = 0 THEN {day_after('2018-05-01', 'n.i')} END",
            "yearly_funds": "CASE WHEN n.i % 2 = 0 THEN 100 + n.i * 10.5 END", "payment": "''", "conditions": "''",
            "opinions": "''", "placement": "''", "medium": "''", "office": "''", "asked": "''", "held": "''",
            "state": "CASE WHEN n.i % 10 = 7 THEN 'refused' WHEN n.i % 10 = 8 THEN 'submitted' ELSE 'approved' END",
            "submitted_on": "'2018-01-08'", "due_on": "'2018-03-01'",
            "decided_on": f"CASE WHEN n.i % 10 <> 8 THEN {decided} END",
            "decided_in": "CASE WHEN n.i % 10 <> 8 THEN 5 + n.i % 20 END", "note": "''",
        },
        f"{Department._meta.db_table} AS d CROSS JOIN ({series(1, ITEMS_OF_A_DIVISION)}) AS n",
    )  # fmt: skip
