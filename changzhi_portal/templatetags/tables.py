"""The table tag, for all tables except the register lists (which sort and page, see `pages.tables`).

A column is declared once, with its header and its cell::

    {% table panel.projects as project %}
      {% caption %}服务{{ panel.community.name }}的项目{% endcaption %}
      {% column "项目名称" %}<a href="…">{{ project.name }}</a>{% endcolumn %}
      {% column "预算金额（元）" "number" %}{{ project.budget|quantity }}{% endcolumn %}
    {% empty %}
      <p class="nothing-here">没有服务本社区的项目。</p>
    {% endtable %}

The head is made of the first row's columns, so columns may be inside `{% if %}` and `{% for %}`, if they are the same
in every row. On a narrow screen each row becomes a card, its cells labelled with their headers.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs

register = template.Library()
_CELLS = "table_cells"


class Cell(NamedTuple):
    """One cell with the header of its column."""

    header: str
    content: str
    classes: str
    hides_header: bool

    @property
    def is_number(self) -> bool:
        """Return whether the header is right-aligned, as the numbers below it are."""
        return "number" in self.classes.split()


@register.simple_block_tag(takes_context=True)
def column(
    context: template.Context,
    content: str,
    header: Any,
    classes: str = "",
    *,
    unit: str = "",
    hides_header: bool = False,
) -> str:
    """Add a cell to the row.

    `classes` are those of the cell: "number" (right-aligned), "short" (never broken), "wide" (a line of its own on a
    narrow screen), "actions" (without a label there). `unit` is added to the header in brackets. With `hides_header`
    the header of the table is visible to screen readers only.
    """
    context[_CELLS].append(Cell(f"{header}（{unit}）" if unit else str(header), content, classes, hides_header))
    return ""


class CaptionNode(template.Node):
    """`{% caption %}`: the table's caption. It is rendered once, before the rows."""

    def __init__(self, text: NodeList) -> None:
        self.text = text

    def render(self, context: template.Context) -> str:
        """Return "": the table renders the caption."""
        return ""


@register.tag("caption")
def do_caption(parser: Parser, token: Token) -> CaptionNode:
    """Parse `{% caption %}…{% endcaption %}`."""
    text = parser.parse(("endcaption",))
    parser.delete_first_token()
    return CaptionNode(text)


class TableNode(template.Node):
    """`{% table %}`: a table with one row for each of `rows`, or the content of `{% empty %}` without rows."""

    child_nodelists = ("body", "empty")

    def __init__(
        self,
        rows: FilterExpression,
        names: list[str],
        options: dict[str, FilterExpression],
        caption: NodeList,
        body: NodeList,
        empty: NodeList,
    ) -> None:
        self.rows, self.names, self.options = rows, names, options
        self.caption, self.body, self.empty = caption, body, empty

    def render(self, context: template.Context) -> str:
        """Return the HTML."""
        rows = list(self.rows.resolve(context))
        if not rows:
            return self.empty.render(context)
        options = {name: option.resolve(context) for name, option in self.options.items()}
        current = options.pop("current", None)
        lines = [(self._cells(context, row), current is not None and row == current) for row in rows]
        shown = {"cards": True, "shows_caption": False} | options
        shown |= {"caption": self.caption.render(context), "heads": lines[0][0], "lines": lines}
        # Set while the template that holds the tag is rendered.
        engine = cast(template.Template, context.template).engine
        return engine.get_template("frame/table.html").render(context.new(shown))

    def _cells(self, context: template.Context, row: Any) -> list[Cell]:
        values = [row] if len(self.names) == 1 else row
        cells: list[Cell] = []
        with context.push(**dict(zip(self.names, values, strict=True)), **{_CELLS: cells}):
            self.body.render(context)
        return cells


@register.tag("table")
def do_table(parser: Parser, token: Token) -> TableNode:
    """Parse `{% table rows as row %}` or `{% table pairs as name, other %}` up to `{% endtable %}`.

    Options: `current=record` marks the row of that record (aria-current); `cards=False` keeps it a table on a narrow
    screen; `shows_caption=True` shows the caption to everybody, not only to screen readers. A caption is required.
    """
    try:
        _, rows, as_, *rest = token.split_contents()
        options = token_kwargs([bit for bit in rest if "=" in bit], parser)
        names = [name for name in "".join(bit for bit in rest if "=" not in bit).split(",") if name]
        if as_ != "as" or not names or not options.keys() <= {"current", "cards", "shows_caption"}:
            raise ValueError
    except ValueError:
        raise template.TemplateSyntaxError(
            "table takes `rows as row`, then current=, cards= or shows_caption= if needed."
        ) from None
    body = parser.parse(("empty", "endtable"))
    empty = NodeList()
    if parser.next_token().contents == "empty":
        empty = parser.parse(("endtable",))
        parser.delete_first_token()
    captions: list[Any] = body.get_nodes_by_type(CaptionNode)
    if len(captions) != 1:
        raise template.TemplateSyntaxError("A table needs one caption.")
    return TableNode(parser.compile_filter(rows), names, options, captions[0].text, body, empty)
