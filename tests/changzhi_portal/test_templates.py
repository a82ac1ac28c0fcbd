"""Tests of templates: undefined variables fail, and tables declare each column once."""

from __future__ import annotations

import pytest
from django.template import TemplateSyntaxError, engines


def rendered(text: str, **context: object) -> str:
    return " ".join(engines["django"].from_string("{% load tables %}" + text).render(context).split())


# --- Undefined variables ---


@pytest.mark.parametrize(
    "text", ["{{ nothing }}", "{{ place.nothing }}", '{{ nothing|default:"—" }}', "{% with a=nothing %}{% endwith %}"]
)
def test_an_undefined_variable_fails_the_test(text):
    with pytest.raises(pytest.fail.Exception, match=r"Undefined template variable '(place.)?nothing'"):
        rendered(text, place={})


@pytest.mark.parametrize("text", ["{% if nothing %}{% endif %}", "{% firstof nothing '—' %}", "{{ value }}"])
def test_asking_whether_there_is_one_does_not(text):
    assert rendered(text, value=None) in {"", "—", "None"}


# --- Tables ---

TABLE = """
{% table rows as row %}
  {% caption %}{{ place }}的组织{% endcaption %}
  {% column "名称" %}<a href="/{{ row.ref }}/">{{ row.name }}</a>{% endcolumn %}
  {% if with_area %}{% column "面积" "number" unit="㎡" %}{{ row.area }}{% endcolumn %}{% endif %}
  {% for cell in row.cells %}{% column cell.0 "short" %}{{ cell.1 }}{% endcolumn %}{% endfor %}
  {% column "操作" hides_header=True %}改{% endcolumn %}
{% empty %}<p>没有组织</p>
{% endtable %}
"""
ROWS = [
    {"ref": "a", "name": "甲<乙", "area": 12, "cells": [("六月", 1), ("七月", 2)]},
    {"ref": "b", "name": "丙", "area": 13, "cells": [("六月", 3), ("七月", 4)]},
]


def test_a_table_has_caption_head_and_labelled_cells():
    html = rendered(TABLE, rows=ROWS, place="城区", with_area=True)
    assert '<caption class="visually-hidden">城区的组织</caption>' in html
    assert '<th scope="col">名称</th> <th scope="col" class="number">面积（㎡）</th>' in html
    assert '<th scope="col"><span class="visually-hidden">操作</span></th>' in html
    assert '<td data-label="名称"><a href="/a/">甲&lt;乙</a></td>' in html
    assert '<td data-label="面积（㎡）" class="number">13</td>' in html
    assert '<td data-label="七月" class="short">4</td> <td data-label="操作">改</td>' in html
    assert html.count("<th ") == 5 and html.count("<tr>") == 3


def test_a_column_may_depend_on_the_page():
    html = rendered(TABLE, rows=ROWS, place="城区", with_area=False)
    assert "面积" not in html
    assert html.count("<th ") == 4


def test_a_table_without_rows_says_so_instead():
    assert rendered(TABLE, rows=[], place="城区", with_area=True) == "<p>没有组织</p>"


def test_a_table_may_take_pairs_stay_one_on_a_narrow_screen_and_mark_a_row():
    html = rendered(
        "{% table pairs as name, number cards=False shows_caption=True %}{% caption %}数{% endcaption %}"
        '{% column "名" %}{{ name }}{% endcolumn %}{% column "数" %}{{ number }}{% endcolumn %}{% endtable %}'
        "{% table names as name current=chosen %}{% caption %}名{% endcaption %}"
        '{% column "名" %}{{ name }}{% endcolumn %}{% endtable %}',
        pairs={"甲": 1}.items(),
        names=["乙", "丙"],
        chosen="丙",
    )
    assert '<table class="table table-sm"> <caption>数</caption>' in html
    assert "<td>甲</td> <td>1</td>" in html
    assert '<tr aria-current="true"> <td data-label="名">丙</td>' in html
    assert html.count("aria-current") == 1


@pytest.mark.parametrize(
    "text",
    [
        "{% table rows %}{% caption %}x{% endcaption %}{% endtable %}",
        "{% table rows as %}{% caption %}x{% endcaption %}{% endtable %}",
        "{% table rows as row colour=1 %}{% caption %}x{% endcaption %}{% endtable %}",
        "{% table rows as row %}{% endtable %}",
    ],
)
def test_a_table_that_is_written_wrongly_or_has_no_caption_does_not_compile(text):
    with pytest.raises(TemplateSyntaxError):
        rendered(text, rows=[])
