"""岗位: posts for professionals by town."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from changzhi_portal.pages import ListPage
from communities.models import Division
from socialworkers.filters import PostFilterSet
from socialworkers.forms import PostFilterForm
from socialworkers.posts import towns_with_posts
from socialworkers.tables import PostTable


class PostList(ListPage):
    """The towns that set posts, with those filled and vacant today."""

    requires = "may_see_registers"
    help_at = "社工岗位"
    title = "社工岗位"
    queryset = Division.objects.towns().select_related("parent")
    filterset = PostFilterSet
    form = PostFilterForm
    table = PostTable
    is_filled_by_uploads = False
    empty_advice = "还没有设置社工岗位。请在“服务站点”中填写社工岗位数。"

    def get_queryset(self) -> QuerySet:
        """Return the towns of today that set posts."""
        return towns_with_posts(super().get_queryset().filter(valid_to__isnull=True), timezone.localdate())
