"""Upload batches in the API: a file is sent, its check is watched, and it is committed, undone or discarded.

Each step is the action that the page calls; the work is done by the worker, so an answer says what waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.http import QueryDict
from django.urls import reverse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from structlog.contextvars import bind_contextvars

from changzhi_portal.api.bodies import OBJECT, TEXT, TRUTH, BodyErrors
from changzhi_portal.api.endpoints import Address, RowsEndpoint
from changzhi_portal.api.operations import ETAG_READ, PAGING, Operation, header_of_answers
from changzhi_portal.api.paging import address_with, page_of
from changzhi_portal.api.parameters import limit_of, refuse_unknown
from changzhi_portal.api.problems import BadRequestError
from changzhi_portal.pages.base import ApiCall
from changzhi_portal.refusals import InvalidError, NotAllowedError, NotFoundError, PortalError, StaleError
from changzhi_portal.request_limits import check_rate
from changzhi_portal.rights import has_right
from periods.api import MonthFilter
from periods.models import ReportingPeriod, parse_month
from uploads.actions import discard_batch, receive_files, request_commit, request_undo
from uploads.api.answers import (
    BatchRowSerializer,
    BatchSerializer,
    CommitSentSerializer,
    FileSentSerializer,
    NothingSentSerializer,
    ReceiptSerializer,
    RowProblemsPageSerializer,
    described,
    needed_of_person,
    page_of_batch,
)
from uploads.filters import BatchFilterSet
from uploads.forms import UploadForm
from uploads.models import UploadBatch
from uploads.reading.refusal import FileRefusedError

_SENT: Final = ("register", "period")
_PAGING: Final = ("limit", "cursor")


class NeedsPersonError(StaleError):
    """A person has to say on the page of the batch what the file is, or which of its columns is which."""

    code = "needs_person"


class ApiBatchFilterSet(BatchFilterSet):
    """The filters of the list of batches; the month is written 2018-06."""

    period = MonthFilter()

    class Meta(BatchFilterSet.Meta):
        pass


_TO_SEND: Final = {413: "文件过大", 415: "格式不对", 422: "文件不能用"}
_TO_STEP: Final = {409: "批次现在不能这样办", 415: "不是JSON", 422: "内容不对"}


class Uploads(RowsEndpoint):
    """上传批次 of the own area."""

    slug = "uploads"
    title = "上传批次"
    requires = "may_see_uploads"
    writes_with = "uploads:write"
    queryset = UploadBatch.objects.all()
    filterset = ApiBatchFilterSet
    serializer_class = BatchRowSerializer
    sorts: ClassVar[dict[str, str]] = {"uploaded_at": "uploaded_at", "committed_at": "committed_at"}
    operations: ClassVar[Mapping[str, Operation]] = {
        "get_record": Operation("retrieve", "一个批次", None, {200: BatchSerializer}, parameters=[ETAG_READ]),
        "get_problems": Operation("problems", "有问题的行", None, {200: RowProblemsPageSerializer}, parameters=PAGING),
        "receive": Operation(
            "create",
            "上传文件",
            {"multipart/form-data": FileSentSerializer},
            {201: ReceiptSerializer},
            _TO_SEND,
            [header_of_answers("Location", "批次的地址（只有一个批次时）", 201)],
        ),
        "commit": Operation(
            "commit", "入库", CommitSentSerializer, {202: BatchSerializer}, {**_TO_STEP, 423: "只有市局可以入库"}
        ),
        "undo": Operation(
            "undo", "撤销入库", NothingSentSerializer, {202: BatchSerializer}, {**_TO_STEP, 423: "月份已锁定"}
        ),
        "discard": Operation("discard", "放弃", NothingSentSerializer, {200: BatchSerializer}, _TO_STEP),
    }

    @classmethod
    def addresses(cls) -> list[Address]:
        """See Endpoint.addresses."""
        files = {"parser_classes": (MultiPartParser,), "takes_files": True}
        return [
            Address("", "list", {"get": "get_page", "post": "receive"}, files),
            Address("<slug:ref>/", "detail", {"get": "get_record"}),
            Address("<slug:ref>/problems/", "problems", {"get": "get_problems"}),
            *(Address(f"<slug:ref>/{step}/", step, {"post": step}) for step in ("commit", "undo", "discard")),
        ]

    # --- Reading ---

    def get_record(self, request: Request, ref: str) -> Response:
        """Answer with one batch. Raises NotFoundError, also for one of another area."""
        refuse_unknown(request.query_params, ())
        batch = self._batch(request, ref)
        request._request.api_call = ApiCall(self.slug, self.title, 1)
        return Response(described(request, batch))

    def get_problems(self, request: Request, ref: str) -> Response:
        """Answer with a page of the rows that have problems. Raises NotFoundError and BadRequestError."""
        query = request.query_params
        refuse_unknown(query, _PAGING)
        batch = self._batch(request, ref)
        page = page_of(batch.staged_rows.with_problems(), query, sorts={}, limit=limit_of(query))
        names = ("sheet", "row_number", "label", "outcome", "problems")
        rows = {pk: values for pk, *values in batch.staged_rows.filter(pk__in=page.keys).values_list("pk", *names)}
        results = [
            {"sheet": sheet, "row": number, "label": label or None, "outcome": outcome, "problems": problems}
            for sheet, number, label, outcome, problems in (rows[key] for key in page.keys if key in rows)
        ]
        request._request.api_call = ApiCall(self.slug, f"{self.title}：有问题的行", len(results))
        following = address_with(request, cursor=page.cursor) if page.cursor else None
        return Response({"results": results, "next": following})

    # --- Steps ---

    def receive(self, request: Request) -> Response:
        """Receive one or several files, each of which becomes a batch or is refused (201).

        Raises NotAllowedError, BadRequestError for what the body cannot say, the refusal of an only file, and InvalidError
        where all of several were refused.
        """
        self._refuse_readers(request)
        check_rate(request.user.pk, "uploads")
        refuse_unknown(request.query_params, ())
        files, register, period = _sent_files(request)
        receipt = receive_files(
            files=((file.name, file.chunks()) for file in files), register=register, period=period, by=request.user
        )
        refused = [
            {"file_name": name, "code": code_of(refusal), "message": str(refusal)} for name, refusal in receipt.refused
        ]
        if not receipt.batches:
            raise receipt.refused[0][1] if len(files) == 1 else _all_refused(refused)
        batches = [described(request, self._batch(request, batch.ref)) for batch in receipt.batches]
        headers = {}
        if len(batches) == 1:
            address = reverse("api:uploads-detail", args=[batches[0]["ref"]])
            headers["Location"] = request.build_absolute_uri(address)
        return Response({"batches": batches, "refused": refused}, status=HTTPStatus.CREATED, headers=headers)

    def commit(self, request: Request, ref: str) -> Response:
        """Request the commit of a checked batch (202). Raises what `request_commit` raises, and NeedsPersonError."""
        batch, body = self._step(request, ref, ("mode", "seen", "confirms_growth"))
        errors = BodyErrors()
        mode, seen, confirms = body.get("mode"), body.get("seen"), body.get("confirms_growth", False)
        errors.is_of(mode, TEXT, "mode")
        errors.is_of(seen, TEXT, "seen")
        errors.is_of(confirms, TRUTH, "confirms_growth")
        errors.refuse()
        if (what := needed_of_person(batch)) is not None:
            page = page_of_batch(request, batch)
            words = {"register": "选这个文件是哪一张登记表的", "mapping": "对应文件的列"}
            raise NeedsPersonError(
                f"请先在页面上{words[what]}：{page}", cure=f"A person has to choose the {what}: {page}"
            )
        request_commit(batch=batch, mode=str(mode), seen=str(seen), confirms_growth=confirms, by=request.user)
        return self._answer(request, ref, HTTPStatus.ACCEPTED)

    def undo(self, request: Request, ref: str) -> Response:
        """Request the undoing of a committed batch (202). Raises what `request_undo` raises."""
        batch, _ = self._step(request, ref, ())
        if not batch.register:
            raise StaleError(
                "只有已入库的批次可以撤销；请看它现在的状态。", cure="Only a committed batch can be undone."
            )
        request_undo(batch=batch, by=request.user)
        return self._answer(request, ref, HTTPStatus.ACCEPTED)

    def discard(self, request: Request, ref: str) -> Response:
        """Discard a batch that has written nothing. Raises what `discard_batch` raises."""
        batch, _ = self._step(request, ref, ())
        discard_batch(batch=batch, by=request.user)
        return self._answer(request, ref, HTTPStatus.OK)

    def _step(self, request: Request, ref: str, known: tuple[str, ...]) -> tuple[UploadBatch, dict[str, Any]]:
        """Return the batch and the body, an object with these names or nothing."""
        self._refuse_readers(request)
        refuse_unknown(request.query_params, ())
        body = request.data
        if not OBJECT.takes(body):
            raise BadRequestError("请求的内容应是一个JSON对象。", cure="The body must be an object of JSON.")
        errors = BodyErrors()
        errors.refuse_unknown(body, known)
        errors.refuse()
        return self._batch(request, ref), body

    def _refuse_readers(self, request: Request) -> None:
        if not has_right(request.user, "may_upload"):
            raise NotAllowedError("您的角色不能上传表格，请联系市局管理员。", cure="The role may not upload.")

    def _batch(self, request: Request, ref: str) -> UploadBatch:
        found = UploadBatch.objects.visible_to(request.user).newest_first().filter(ref=ref).first()
        if found is None:
            raise NotFoundError("没有找到这个批次。", cure="There is no such batch in the user's area.")
        bind_contextvars(batch_id=found.pk)
        return found

    def _answer(self, request: Request, ref: str, status: HTTPStatus) -> Response:
        return Response(described(request, self._batch(request, ref)), status=status)


def code_of(refusal: PortalError) -> str:
    """Return the kind of a refusal of a file, as problems of files have it."""
    return refusal.problem_code if isinstance(refusal, FileRefusedError) else refusal.code


def _sent_files(request: Request) -> tuple[list[Any], str, ReportingPeriod | None]:
    """Return files, register ("" to have it found out) and month. Raises BadRequestError and InvalidError."""
    data = request.data
    if not isinstance(data, QueryDict):
        raise BadRequestError("请用multipart/form-data发送文件。", cure="Send multipart/form-data.", field="file")
    errors = BodyErrors()
    errors.refuse_unknown(data, ("file", *_SENT))
    for name in _SENT:
        if len(data.getlist(name)) > 1:
            errors.add(name, "given_twice", f"“{name}”给了两次。", f"{name} is given twice.")
    errors.refuse()
    period = parse_month(str(data["period"])) if data.get("period") else None
    given = ReportingPeriod.objects.open().filter(month=period).first() if period else None
    if period and given is None:
        raise InvalidError("这个月没有开放填报，请选开放的月份。", cure="The month is not open.", field="period")
    sent = {"register": data.get("register") or UploadBatch.RECOGNISED, "period": given.pk if given else ""}
    form = UploadForm(sent, request._request.FILES)
    for name, messages in form.errors.items():
        raise InvalidError(str(messages[0]), cure=f"{name} is wrong.", field=name)
    register = form.cleaned_data["register"]
    return form.cleaned_data["file"], "" if register == UploadBatch.RECOGNISED else register, given


def _all_refused(refused: list[dict[str, str]]) -> InvalidError:
    told = "；".join(f"“{each['file_name']}”：{each['message'].rstrip('。')}" for each in refused)
    return InvalidError(f"{len(refused)}个文件都没有收下。{told}。", cure="No file could be received.", field="file")
