"""宣传与案例 and 案例库: the library of chosen ones, all that is reported, one of them, its form and its moves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse

from changelog.views.moving import MovePage
from changzhi_portal.display import display_value
from changzhi_portal.facts import Fact, fact_of
from changzhi_portal.pages import Crumb, DetailPage, FormPage, ListPage
from changzhi_portal.refusals import NotFoundError
from changzhi_portal.rights import has_right
from communities.views import crumbs_of_place
from practice.actions import open_story, save_story
from practice.filters import LibraryFilterForm, StoryFilterForm, StoryFilterSet
from practice.flow import FLOW, MAY_REPORT, is_own
from practice.forms import StoryForm
from practice.models import Story
from practice.tables import LibraryTable, StoryTable

TITLE = "案例库"
LIST_TITLE = "宣传与案例"
ANCHOR = "案例库"


def library_crumb() -> Crumb:
    """Return the breadcrumb of the library."""
    return Crumb(TITLE, reverse("practice:library"))


def list_crumb() -> Crumb:
    """Return the breadcrumb of all that is reported."""
    return Crumb(LIST_TITLE, reverse("practice:story_list"))


class _Stories(ListPage):
    """Base of the two lists, on which those who report find the form."""

    requires = "may_see_figures"
    help_at = ANCHOR
    filterset = StoryFilterSet
    template_name = "practice/stories.html"
    is_filled_by_uploads = False

    def get_add_url(self) -> str:
        """Return the form of a new story, for who reports them."""
        return reverse("practice:story_new") if has_right(self.request.user, MAY_REPORT) else ""


class Library(_Stories):
    """案例库: the chosen ones of all offices, by clause."""

    title = TITLE
    queryset = Story.objects.select_related("division").with_clause_position()
    form = LibraryFilterForm
    table = LibraryTable
    head_template_name = "practice/library_head.html"
    empty_advice = "还没有入选的案例。各单位报送后，由市局选入。"

    def get_queryset(self) -> QuerySet:
        """Return the chosen ones."""
        return super().get_queryset().in_library()  # type: ignore[attr-defined]  # of stories


class StoryList(_Stories):
    """宣传与案例: all that the area has reported, and what is in hand."""

    title = LIST_TITLE
    queryset = Story.objects.select_related("division", "community").with_clause_position()
    form = StoryFilterForm
    table = StoryTable
    empty_advice = "还没有报送。媒体报道、宣传活动、典型案例和创新做法，都可以报送。"

    def get_crumbs(self) -> list[Crumb]:
        """Add the library."""
        return [library_crumb()]


class StoryDetail(DetailPage):
    """One story: what it says, its steps where it is of the reader's area, and the moves that the reader may make."""

    requires = "may_see_figures"
    help_at = ANCHOR
    template_name = "practice/story.html"
    queryset = Story.objects.with_place()
    list_url_name = "practice:story_list"
    list_title = LIST_TITLE
    facts = ("state", "kind", "on", "division", "community", "clause", "outlet", "level", "submitted_on", "chosen_on")
    record: Story

    @property
    def is_of_area(self) -> bool:
        """Return whether the story was reported in the reader's area."""
        return self.record.is_of_area(self.request.user)

    def get_places(self) -> list[Crumb]:
        """Return the office of a story of the reader's area that tells of no single community."""
        if not hasattr(self, "record") or not self.is_of_area or self.record.community is not None:
            return []
        return crumbs_of_place(self.record, self.list_url_name)

    def get_facts(self) -> list[Fact]:
        """Return the facts with the clause in words, the medium's page, and the note for the own area."""
        story = self.record
        found = []
        for name, fact in zip(self.facts, super().get_facts(), strict=True):
            if name == "community" and story.community is not None and self.is_of_area:
                fact = fact._replace(url=story.community.get_absolute_url())
            found.append(fact)
        if story.url:
            found.append(fact_of(story, "url")._replace(url=story.url))
        if self.is_of_area:
            found.append(Fact("备注", display_value(story.note)))
        return found

    def get_actions(self) -> list[Crumb]:
        """Return the moves first, the main one before the others; then the form for its office while it is open."""
        story, user = self.record, self.request.user
        moves = [
            Crumb(move.label, reverse("practice:story_move", args=[story.ref, move.code]))
            for move in FLOW.offered(story, user)
        ]
        if story.is_open and has_right(user, MAY_REPORT) and is_own(story, user):
            moves.append(Crumb("修改", reverse("practice:story_edit", args=[story.ref])))
        return moves

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the steps; of a story of another area none, for they name people there."""
        return super().get_context_data(
            story=self.record, steps=FLOW.steps_of(self.record) if self.is_of_area else [], **kwargs
        )


class _StoryForm(FormPage):
    """The form of a story of the user's own office; of a new one `story` is None."""

    requires = MAY_REPORT
    help_at = ANCHOR
    form_class = StoryForm
    template_name = "practice/story_form.html"
    story: Story | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the story that is changed."""
        return {**super().get_form_kwargs(), "story": self.story}

    def get_success_url(self) -> str:
        """Return the story's page, before it is saved the list."""
        return self.story.get_absolute_url() if self.story is not None else reverse("practice:story_list")

    def get_crumbs(self) -> list[Crumb]:
        """Add the list, and the story."""
        if self.story is None:
            return [library_crumb(), list_crumb()]
        return [library_crumb(), list_crumb(), Crumb(str(self.story), self.story.get_absolute_url())]


class NewStory(_StoryForm):
    """A new story, which begins as a draft."""

    title = "报送宣传与案例"

    def load(self) -> None:
        """Load nothing."""

    def act(self, form: StoryForm) -> str:
        """Save the draft."""
        self.story = save_story(by=self.request.user, fields=form.values())
        return "已保存草稿，核对后请点“报送”。"


class EditStory(_StoryForm):
    """A draft, or a story that was returned."""

    title = "修改宣传与案例"

    def load(self) -> None:
        """Load the story of the own office; raises Http404. StaleError is shown on the form's page."""
        try:
            self.story = open_story(self.kwargs["ref"], self.request.user)
        except NotFoundError as error:
            raise Http404(error.cure) from error

    def act(self, form: StoryForm) -> str:
        """Save the changes."""
        version = form.cleaned_data["version"]
        self.story = save_story(by=self.request.user, fields=form.values(), ref=self.kwargs["ref"], version=version)
        return "已保存，核对后请点“报送”。"


class StoryMovePage(MovePage):
    """One step of a story: 报送, 选入案例库, 退回."""

    help_at = ANCHOR
    requires = "may_see_figures"
    flow = FLOW
    queryset: ClassVar[QuerySet[Any]] = Story.objects.select_related("division")

    def get_crumbs(self) -> list[Crumb]:
        """Add the lists before the story."""
        return [library_crumb(), list_crumb(), *super().get_crumbs()]
