"""The endpoints of the API: kinds of rows below `/api/v1/`, read within the user's scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from changzhi_portal.api.bodies import StrictJSONParser
from changzhi_portal.api.bulk import BulkWrites
from changzhi_portal.api.fields import serializer_of
from changzhi_portal.api.operations import Operation, operations_of
from changzhi_portal.api.paging import Page, page_of
from changzhi_portal.api.parameters import chosen_fields, limit_of, refuse_unknown, refuse_wrong_filters
from changzhi_portal.api.preconditions import etag_of_content, seen_as
from changzhi_portal.api.problems import MEDIA_TYPE, NotSignedInError, PreconditionFailedError, problem_of
from changzhi_portal.api.records import RecordBody
from changzhi_portal.pages.base import ApiCall, check_scoped
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.refusals import NotAllowedError, NotFoundError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.request_limits import check_rate
from changzhi_portal.rights import has_right
from changzhi_portal.scope import scope_path_of


class Address(NamedTuple):
    """An address of an endpoint below its slug: the function of each method, and other attributes of the view there."""

    path: str
    name: str
    methods: Mapping[str, str]
    options: Mapping[str, Any] = MappingProxyType({})


def refuse_visitors(request: Request) -> None:
    """Raise NotSignedInError for nobody, NotAllowedError for who has to do something for the account first."""
    if not request.user.is_authenticated:
        raise NotSignedInError("请先登录。", cure="Sign in first.")
    if getattr(request.user, "is_held_up", False):
        raise NotAllowedError(
            "请先在页面上改好密码、设好两步验证。",
            cure="The user has to change the password or set up a second factor.",
        )


class Endpoint(ViewSet):
    """A kind of things at `/api/v1/<slug>/`.

    `requires` names the right that a role needs, as on pages. An endpoint without it raises an error at start.
    """

    slug: ClassVar[str]  # not `name`, which Django REST framework sets to None
    title: ClassVar[str]
    requires: ClassVar[str]
    parser_classes = (StrictJSONParser,)
    # Whether bodies bring files and may be large (`changzhi_portal.request_limits`); set for single addresses.
    takes_files: ClassVar[bool] = False
    # How operations are described that write, or answer with something else than the endpoint's rows; by function.
    operations: ClassVar[Mapping[str, Operation]] = MappingProxyType({})

    @classmethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Callable[..., Any]:
        """Return the view function; it answers visitors itself, and does not lead them to the sign-in page."""
        if not isinstance(getattr(cls, "requires", None), str):
            raise ImproperlyConfigured(f"{cls.__name__} does not say who may use it. Set `requires`.")
        view = never_cache(super().as_view(*args, **initkwargs))
        view.login_required = False
        return view

    @classmethod
    def addresses(cls) -> list[Address]:
        """Return the addresses of the endpoint."""
        raise NotImplementedError

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse visitors (401), who calls too often (429) and roles without the right (403), before anything is read."""
        super().initial(request, *args, **kwargs)
        refuse_visitors(request)
        check_rate(request.user.pk, "calls")
        if not has_right(request.user, self.requires):
            raise NotAllowedError(f"您的角色不能查看{self.title}。", cure=f"The role may not use {self.slug}.")


class ListEndpoint(Endpoint):
    """Rows that an address filters and sorts, a page at a time.

    An app declares the queryset, the filters, what rows may be sorted by, and a serializer that describes what is said of
    each.
    """

    queryset: ClassVar[QuerySet]
    filterset: ClassVar[type[RegisterFilterSet]]
    serializer_class: ClassVar[type[serializers.Serializer]]
    # Lookups by the name that `sort` gives.
    sorts: ClassVar[Mapping[str, str]] = MappingProxyType({})
    # False for rows that are the same for everybody, such as months.
    is_scoped: ClassVar[bool] = True

    @classmethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Callable[..., Any]:
        """Return the view function; raises ImproperlyConfigured when the rows cannot be limited to the user's scope."""
        if cls.is_scoped:
            check_scoped(cls, getattr(cls, "queryset", None))
        return super().as_view(*args, **initkwargs)

    @classmethod
    def addresses(cls) -> list[Address]:
        """See Endpoint.addresses."""
        return [Address("", "list", {"get": "get_page"})]

    def get_page(self, request: Request) -> Response:
        """Answer with one page of the rows that match the filters of the address. Raises BadRequestError (docs/api.md §2)."""
        query = request.query_params
        own = {"limit", "cursor", "fields", "sort"}
        refuse_unknown(query, {*self.filterset.base_filters, *own})
        limit, names = limit_of(query), chosen_fields(query, self.fields)
        filterset = self.filterset(query, queryset=self.visible(request), request=request)
        refuse_wrong_filters(filterset, query)
        page = page_of(filterset.qs, query, sorts=self.sorts, limit=limit)
        results = self.written(request, page.keys, names)
        request._request.api_call = ApiCall(self.slug, self.title, len(results))
        return Response({"results": results, "next": self._next(request, page)})

    @property
    def fields(self) -> list[str]:
        """The names of what is said of a row."""
        return list(self.serializer_class._declared_fields)

    def visible(self, request: Request) -> QuerySet:
        """Return the rows that the user may see."""
        return self.queryset.visible_to(request.user) if self.is_scoped else self.queryset.all()  # type: ignore[attr-defined]

    def written(self, request: Request, keys: list[int], names: list[str]) -> list[dict[str, Any]]:
        """Return what is said of the rows with these keys, in their order."""
        raise NotImplementedError

    @staticmethod
    def _next(request: Request, page: Page) -> str | None:
        if not page.cursor:
            return None
        query = request.query_params.copy()
        query["cursor"] = page.cursor
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add an ETag to what was read, and answer 304 where the client has it already."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method in {"GET", "HEAD"} and response.status_code == HTTPStatus.OK:
            response.add_post_render_callback(lambda rendered: _conditional(request, rendered))
        return response


class RowsEndpoint(ListEndpoint):
    """Rows of a model that is no register. The serializer's fields name in `source` where their values come from."""

    def written(self, request: Request, keys: list[int], names: list[str]) -> list[dict[str, Any]]:
        """See ListEndpoint.written."""
        declared = self.serializer_class._declared_fields
        lookups = [(declared[name].source or name).replace(".", "__") for name in names]
        found = {pk: values for pk, *values in self.queryset.filter(pk__in=keys).values_list("pk", *lookups)}
        writers = [declared[name].to_representation for name in names]
        return [
            {
                name: None if value in (None, "") else write(value)
                for name, write, value in zip(names, writers, found[key], strict=True)
            }
            for key in keys
            if key in found
        ]


class RegisterEndpoint(BulkWrites, ListEndpoint):
    """The records of one register: those that its list shows, as its sheet writes them; read and written."""

    requires = "may_see_registers"
    register: ClassVar[type[RegisterSheet]]

    @classmethod
    def addresses(cls) -> list[Address]:
        """See Endpoint.addresses. A register that gets no new records takes none."""
        added = {"post": "create_record"} if cls.register.may_be_added else {}
        return [
            Address("", "list", {"get": "get_page"} | added),
            Address("bulk/", "bulk", {"post": "write_records"}),
            Address("<slug:ref>/", "detail", {"get": "get_record", "patch": "change_record"}),
        ]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "register" in vars(cls):
            cls.slug, cls.title = cls.register.name, cls.register.title
            cls.serializer_class = serializer_of(cls.register)
            cls.body = RecordBody(cls.register, cls.serializer_class._declared_fields)
            cls.operations = operations_of(cls.body, cls.serializer_class)

    def get_record(self, request: Request, ref: str) -> Response:
        """Answer with one record. Raises NotFoundError, also for a record of another area, and BadRequestError."""
        query = request.query_params
        refuse_unknown(query, {"fields"})
        names = chosen_fields(query, self.fields)
        found = self.visible(request).filter(ref=ref).first()
        if found is None:
            raise NotFoundError(f"没有找到这条{self.title}记录。", cure="There is no such record in the user's area.")
        request._request.shown_records = [found]
        [record] = self.written(request, [found.pk], names)
        answer = Response(record)
        answer.stands_for = seen_as(found.ref, found.version)
        return answer

    def written(self, request: Request, keys: list[int], names: list[str]) -> list[dict[str, Any]]:
        """See ListEndpoint.written."""
        path = scope_path_of(request.user)
        if path is None:
            return []
        found = self.register().entries(self.queryset.filter(pk__in=keys), path)
        rows = {key: _known(entry, names) for key, entry in found}
        return [rows[key] for key in keys if key in rows]


def _known(entry: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return these fields of an entry, with `null` for what is not known."""
    return {name: None if (value := entry.get(name)) == "" else value for name in names}


def _conditional(request: Request, response: Any) -> Any:
    etag = etag_of_content(response.content, getattr(response, "stands_for", ""))
    response["ETag"] = etag
    answer = get_conditional_response(request._request, etag=etag, response=response)
    if answer is None or answer.status_code != HTTPStatus.PRECONDITION_FAILED:
        return answer
    refusal = PreconditionFailedError("现在的内容与If-Match说的不同。", cure="If-Match does not fit.", field="If-Match")
    return JsonResponse(problem_of(refusal), status=refusal.status, content_type=MEDIA_TYPE, headers={"ETag": etag})
