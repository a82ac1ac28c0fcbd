"""Surveys, their counts, and activities in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from changzhi_portal.api.endpoints import RegisterEndpoint, RowsEndpoint
from changzhi_portal.api.expansions import Expansions
from communities.api import PLACE_EXPANSIONS, CommunitySerializer, DivisionSerializer
from participation.filters import ActivityFilterSet, SurveyCountFilterSet, SurveyFilterSet
from participation.flow import FLOW
from participation.models import Activity, Survey, SurveyCount
from participation.sheets import ActivitySheet, SurveyCountSheet


class SurveySerializer(serializers.ModelSerializer):
    """What is said of a survey; the questions of a survey of needs stand one a line."""

    division = serializers.CharField(source="division.code", label="组织单位的代码")

    class Meta:
        model = Survey
        fields = (
            *("ref", "name", "kind", "division", "starts_on", "ends_on", "method", "by_third_party", "questions"),
            *("state", "version"),
        )


class SurveyCounts(RegisterEndpoint):
    """调查结果: the answers of a community to a question, as numbers."""

    register = SurveyCountSheet
    example: ClassVar[dict[str, Any]] = {
        "survey": "2018年居民满意度调查",
        "county": "城区",
        "town": "东街街道办事处",
        "community_name": "和平社区",
        "question": "总体",
        "sent": 60,
        "very_satisfied": 20,
        "satisfied": 15,
        "fairly_satisfied": 10,
        "dissatisfied": 4,
        "very_dissatisfied": 1,
        "do_not_know": 3,
    }
    queryset = SurveyCount.objects.all()
    filterset = SurveyCountFilterSet
    sorts = {"question": "question", "sent": "sent"}
    expands: ClassVar[Expansions] = {
        "community": ("community", CommunitySerializer),
        "survey": ("survey", SurveySerializer),
    }


class Surveys(RowsEndpoint):
    """调查: what is asked, from when to when, and in which state it is."""

    slug = "survey-list"
    title = "调查"
    requires = "may_see_figures"
    queryset = Survey.objects.all()
    filterset = SurveyFilterSet
    serializer_class = SurveySerializer
    sorts: ClassVar[dict[str, str]] = {"ends_on": "ends_on", "starts_on": "starts_on", "name": "name"}
    expands: ClassVar[Expansions] = {"division": ("division", DivisionSerializer)}
    found_by = "ref"
    flow = FLOW


class Activities(RegisterEndpoint):
    """活动: what is held in communities, with how many people and volunteers."""

    register = ActivitySheet
    example: ClassVar[dict[str, Any]] = {
        "held_on": "2018-03-05",
        "county": "城区",
        "town": "东街街道办事处",
        "community_name": "和平社区",
        "title": "学雷锋志愿服务日",
        "kind": "volunteering",
        "participants": 60,
        "volunteers": 20,
        "volunteer_hours": "40.0",
    }
    queryset = Activity.objects.all()
    filterset = ActivityFilterSet
    sorts = {"held_on": "held_on", "participants": "participants"}
    expands: ClassVar[Expansions] = PLACE_EXPANSIONS
