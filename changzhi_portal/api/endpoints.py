"""The endpoints of the API: kinds of rows below `/api/v1/`, read within the user's scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from changzhi_portal.api.access import AskedByToken, GivenInClear, check_call, note_given, refuse_narrow_token, reveals
from changzhi_portal.api.bodies import StrictJSONParser
from changzhi_portal.api.bulk import BulkWrites
from changzhi_portal.api.expansions import Expansions, chosen_expansions, expanded, fields_of, lookups_of, written_by
from changzhi_portal.api.fields import in_clear, personal_fields, serializer_of
from changzhi_portal.api.increments import IncrementalReads
from changzhi_portal.api.moves import Moves, flow_operations, sent_back, with_moves_described, with_state
from changzhi_portal.api.operations import Operation, operations_of
from changzhi_portal.api.paging import Cursor, Page, address_with, cursor_of, digest_of, page_of, signed
from changzhi_portal.api.parameters import chosen_fields, limit_of, refuse_unknown, refuse_wrong_filters
from changzhi_portal.api.preconditions import etag_of_content, seen_as
from changzhi_portal.api.problems import MEDIA_TYPE, NotSignedInError, PreconditionFailedError, problem_of
from changzhi_portal.api.records import RecordBody
from changzhi_portal.pages.base import ApiCall, check_scoped
from changzhi_portal.pages.filters import RegisterFilterSet
from changzhi_portal.refusals import NotAllowedError, NotFoundError
from changzhi_portal.registers.register import RegisterSheet
from changzhi_portal.rights import MOVING_SCOPE, has_right
from changzhi_portal.scope import scope_path_of


class Address(NamedTuple):
    """An address of an endpoint below its slug: the function of each method, and other attributes of the view there."""

    path: str
    name: str
    methods: Mapping[str, str]
    options: Mapping[str, Any] = MappingProxyType({})


def _addresses_of_flow(endpoint: type[Moves]) -> list[Address]:
    """Return the addresses of steps and moves: none without a flow, those that move only where the API does."""
    steps = [Address("<slug:ref>/steps/", "steps", {"get": "get_steps"})] if endpoint.flow is not None else []
    makes = Address("<slug:ref>/moves/<slug:move>/", "move", {"post": "make_move"}, {"writes_with": MOVING_SCOPE})
    return [*steps, makes] if endpoint.is_moved() else steps


def refuse_visitors(request: Request) -> None:
    """Raise NotSignedInError for nobody, NotAllowedError for who has to do something for the account first."""
    if not request.user.is_authenticated:
        raise NotSignedInError("请先登录，或者带上令牌。", cure="Sign in first, or send a token.")
    if getattr(request.user, "is_held_up", False):
        raise NotAllowedError(
            "请先在页面上改好密码、设好两步验证。",
            cure="The user has to change the password or set up a second factor.",
        )


class Endpoint(AskedByToken, ViewSet):
    """A kind of things at `/api/v1/<slug>/`.

    `requires` names the right that a role needs, as on pages. An endpoint without it raises an error at start.
    """

    slug: ClassVar[str]  # not `name`, which Django REST framework sets to None
    title: ClassVar[str]
    requires: ClassVar[str]
    parser_classes = (StrictJSONParser,)
    # OPTIONS is not answered, and so stands not in `Allow` either.
    http_method_names: ClassVar[list[str]] = ["get", "head", "post", "patch"]
    # Whether bodies bring files and may be large (`changzhi_portal.request_limits`); set for single addresses.
    takes_files: ClassVar[bool] = False
    # How operations are described that write, or answer with something else than the endpoint's rows; by function.
    operations: ClassVar[Mapping[str, Operation]] = MappingProxyType({})
    # The scopes of a token that reads and writes; by default it reads with that of `requires`, and writes with none.
    reads_with: ClassVar[str] = ""
    writes_with: ClassVar[str] = ""

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
        """Refuse visitors (401), who calls too often (429), tokens and roles without the right (403), before anything is read."""
        super().initial(request, *args, **kwargs)
        refuse_visitors(request)
        check_call(request)
        refuse_narrow_token(request, self)
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
    # Related records that `expand` adds by name: the lookup that leads there, and what is said of them.
    expands: ClassVar[Expansions] = MappingProxyType({})
    # Further parameters with what they mean, and what an answer says beside the rows; for the description.
    also_takes: ClassVar[Sequence[OpenApiParameter]] = ()
    also_says: ClassVar[Mapping[str, serializers.Field]] = MappingProxyType({})

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
        refuse_unknown(query, {*self.filterset.base_filters, *self.shaping, *self.ordering, "limit", "cursor"})
        page = page_of(self.matching(request), query, sorts=self.sorts, limit=limit_of(query), begin=self.begin)
        return self.answer(request, page)

    def begin(self) -> int:
        """Return what the first page notes for those that follow it; see `paging.Page.begun`."""
        return 0

    def matching(self, request: Request) -> QuerySet:
        """Return the rows in the user's area that match the filters of the address. Raises BadRequestError for a wrong one."""
        filterset = self.filterset(request.query_params, queryset=self.visible(request), request=request)
        refuse_wrong_filters(filterset, request.query_params)
        return filterset.qs

    def answer(self, request: Request, page: Page, **more: Any) -> Response:
        """Return the answer with one page of rows, which the trail records; `more` is what it says besides."""
        results = self.written(request, page.keys, chosen_fields(request.query_params, self.fields))
        return self.give(request, results, page.cursor, **more)

    def give(self, request: Request, results: list[dict[str, Any]], cursor: str, **more: Any) -> Response:
        """Return the answer with these rows, and the address of those that follow; the trail records how many."""
        request._request.api_call = ApiCall(self.slug, self.title, len(results))
        following = address_with(request, cursor=cursor) if cursor else None
        return Response({"results": results, **more, "next": following})

    @property
    def fields(self) -> list[str]:
        """The names of what is said of a row."""
        return list(fields_of(self.serializer_class))

    @property
    def shaping(self) -> set[str]:
        """The parameters that choose what is said of a row."""
        return {"fields", "expand"} if self.expands else {"fields"}

    @property
    def ordering(self) -> set[str]:
        """The parameters that choose the order."""
        return {"sort"} if self.sorts else set()

    def in_order(self, request: Request, keys: list[int], rows: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the rows of these keys in their order, with the related records that `expand` asks for."""
        wanted = chosen_expansions(request.query_params, self.expands)
        related = expanded(self.queryset, list(rows), wanted) if wanted else {}
        return [rows[key] | related.get(key, {}) for key in keys if key in rows]

    def visible(self, request: Request) -> QuerySet:
        """Return the rows that the user may see."""
        return self.queryset.visible_to(request.user) if self.is_scoped else self.queryset.all()  # type: ignore[attr-defined]

    def written(self, request: Request, keys: list[int], names: list[str]) -> list[dict[str, Any]]:
        """Return what is said of the rows with these keys, in their order."""
        raise NotImplementedError

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add an ETag to what was read, and answer 304 where the client has it already."""
        response = super().finalize_response(request, response, *args, **kwargs)
        is_read = request.method in {"GET", "HEAD"} and response.status_code == HTTPStatus.OK
        if is_read and isinstance(response, Response):  # not a file
            response.add_post_render_callback(lambda rendered: _conditional(request, rendered))
        return response


class RowsEndpoint(Moves, ListEndpoint):
    """Rows of a model that is no register. The serializer's fields name in `source` where their values come from.

    Rows with a `flow` are found by their `ref`.
    """

    # The column whose value is a row's own address below the list, such as `ref`; "" for rows without one.
    found_by: ClassVar[str] = ""
    # The files of a row: the method that sends each, by the last step of its address.
    files: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @classmethod
    def addresses(cls) -> list[Address]:
        """See Endpoint.addresses."""
        found = [Address("<slug:ref>/", "detail", {"get": "get_record"})] if cls.found_by else []
        sent = [Address(f"<slug:ref>/{name}/", name, {"get": method}) for name, method in cls.files.items()]
        return [*super().addresses(), *found, *sent, *_addresses_of_flow(cls)]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.flow is not None and "flow" in vars(cls):
            cls.serializer_class = with_state(cls.serializer_class, cls.flow)
            answer = with_moves_described(cls.serializer_class, "Record")
            cls.operations = {**cls.operations, **flow_operations(cls, answer)}

    def get_record(self, request: Request, ref: str) -> Response:
        """Answer with one row. Raises NotFoundError, also for one of another area, and BadRequestError."""
        refuse_unknown(request.query_params, self.shaping)
        names = chosen_fields(request.query_params, self.fields)
        found = self.find(request, ref)
        records = self.written(request, [found.pk], names)
        [record] = records if "fields" in request.query_params else self.with_moves(request, records)
        request._request.api_call = ApiCall(self.slug, self.title, 1)
        answer = Response(record)
        if self.is_moved():
            answer.stands_for = seen_as(found.ref, found.version)
        return answer

    def answered(self, request: Request, key: int) -> dict[str, Any]:
        """Return the row with this key as reading gives it, with the moves that the caller may make."""
        [record] = self.with_moves(request, self.written(request, [key], self.fields))
        return record

    def find(self, request: Request, ref: str) -> Any:
        """Return the row that the address means. Raises NotFoundError, also for one of another area."""
        found = self.visible(request).filter(**{self.found_by: ref}).first()
        if found is None:
            raise NotFoundError(f"没有找到这条{self.title}。", cure="There is no such record in the user's area.")
        return found

    def written(self, request: Request, keys: list[int], names: list[str]) -> list[dict[str, Any]]:
        """See ListEndpoint.written."""
        found = self.queryset.filter(pk__in=keys).values_list("pk", *lookups_of(self.serializer_class, names))
        rows = {key: written_by(self.serializer_class, names, values) for key, *values in found}
        return self.in_order(request, keys, rows)


class ComputedEndpoint(ListEndpoint):
    """Rows that are computed for what the address asks, and are not stored: findings, results for today's divisions.

    The filter set only says which parameters there are, and judges them.
    """

    is_scoped = False  # `rows` limits them

    def rows(self, request: Request, asked: Mapping[str, Any]) -> Sequence[Any]:
        """Return the rows in the user's area for cleaned parameters, in a fixed order; slices may be read lazily."""
        raise NotImplementedError

    def get_page(self, request: Request) -> Response:
        """Answer with one page of the rows. Raises BadRequestError (docs/api.md §2)."""
        query = request.query_params
        refuse_unknown(query, {*self.filterset.base_filters, "limit", "cursor", "fields"})
        filterset = self.filterset(query, request=request)
        refuse_wrong_filters(filterset, query)
        limit, names, asked = limit_of(query), chosen_fields(query, self.fields), digest_of(self.slug, query)
        cursor = cursor_of(query, asked) or Cursor(None, 0, 0)
        found = self.rows(request, filterset.form.cleaned_data)
        shown = found[cursor.key : cursor.key + limit]
        reached = cursor.key + len(shown)
        following = signed(asked, Cursor(None, reached, 0)) if reached < len(found) else ""
        written = [self.serializer_class(row).data for row in shown]
        results = [{name: None if row[name] == "" else row[name] for name in names} for row in written]
        return self.give(request, results, following)


class RegisterEndpoint(Moves, BulkWrites, IncrementalReads, ListEndpoint):
    """The records of one register: those that its list shows, as its sheet writes them; read and written."""

    requires = "may_see_registers"
    writes_with = "registers:write"
    register: ClassVar[type[RegisterSheet]]
    # A record as it is sent when it is new, for the examples of the description; its last field is what they change.
    example: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    @classmethod
    def addresses(cls) -> list[Address]:
        """See Endpoint.addresses. A register that gets no new records takes none."""
        added = {"post": "create_record"} if cls.register.may_be_added else {}
        return [
            Address("", "list", {"get": "get_page"} | added),
            Address("bulk/", "bulk", {"post": "write_records"}),
            Address("<slug:ref>/", "detail", {"get": "get_record", "patch": "change_record"}),
            *_addresses_of_flow(cls),
        ]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "register" in vars(cls):
            cls.slug, cls.title = cls.register.name, cls.register.title
            described = serializer_of(cls.register)
            cls.serializer_class = described if cls.flow is None else with_state(described, cls.flow)
            also = sent_back() if cls.is_moved() else {}
            cls.body = RecordBody(cls.register, cls.serializer_class._declared_fields | also)
            answer = with_moves_described(cls.serializer_class, "") if cls.is_moved() else cls.serializer_class
            cls.operations = operations_of(cls.body, answer, cls.example)
            cls.operations = {**cls.operations, **flow_operations(cls, cls.operations["change_record"].answers[200])}

    def get_record(self, request: Request, ref: str) -> Response:
        """Answer with one record. Raises NotFoundError, also for a record of another area, and BadRequestError."""
        query = request.query_params
        refuse_unknown(query, self.shaping)
        names = chosen_fields(query, self.fields)
        found = self.find(request, ref)
        request._request.shown_records = [found]
        request._request.api_call = ApiCall(self.slug, self.title, 1, about=found)
        records = self.written(request, [found.pk], names, about=found)
        [record] = records if "fields" in query else self.with_moves(request, records)
        answer = Response(record)
        answer.stands_for = seen_as(found.ref, found.version)
        return answer

    def find(self, request: Request, ref: str) -> Any:
        """Return the record that the address means. Raises NotFoundError, also for one of another area."""
        found = self.visible(request).filter(ref=ref).first()
        if found is None:
            raise NotFoundError(f"没有找到这条{self.title}记录。", cure="There is no such record in the user's area.")
        return found

    def answered(self, request: Request, key: int) -> dict[str, Any]:
        """Return the record with this key as reading gives it, personal values masked."""
        [record] = self.masked(request, [key])
        return record

    def entries(self, records: Any, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """See RecordWrites.entries. With the states of records that have some."""
        found = super().entries(records, path)
        if self.flow is None:
            return found
        name = self.flow.state_field
        states = dict(records.values_list("pk", name))
        return ((key, entry | {name: states[key]}) for key, entry in found)

    def written(
        self, request: Request, keys: list[int], names: list[str], *, about: Any = None
    ) -> list[dict[str, Any]]:
        """See ListEndpoint.written. `about` is the record where the answer is one alone."""
        path = scope_path_of(request.user)
        if path is None:
            return []
        revealed = set(personal_fields(self.register)) if reveals(request) else set()
        note_given(request, GivenInClear(self.slug, self.title, tuple(sorted(revealed)), len(keys), about), names)
        found = self.entries(self.queryset.filter(pk__in=keys), path)
        rows = {key: _known(in_clear(entry, revealed), names) for key, entry in found}
        return self.in_order(request, keys, rows)


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
