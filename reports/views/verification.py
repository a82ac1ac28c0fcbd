"""核验简报: whoever holds an issue on paper or as a file checks that it is genuine, without signing in and without a cookie."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from changzhi_portal.addresses import client_address, counted_address
from changzhi_portal.refusals import InvalidError
from changzhi_portal.request_limits import check_rate
from reports.genuine import read_code
from reports.verification.digests import DigestUploadHandler
from reports.verification.finding import Proof, find_by_code, find_by_file
from reports.verification.forms import CodeForm, FileForm

_TITLE = "核验简报"


# Nothing is changed by a POST and nobody needs to be known for it, so it needs no token, whose cookie visitors would get.
@method_decorator([csrf_exempt, login_not_required, never_cache], name="dispatch")
class VerifyIssue(View):
    """The page of a code: the issue that has it. Without a code: the two forms.

    GET with `?code=` leads to the page of the code. POST compares a file, with the issue of the address or with all.
    """

    http_method_names = ("get", "head", "post", "options")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Count the request by the visitor's address; raises TooOftenError."""
        check_rate(counted_address(client_address(request)), "verifications")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, code: str = "") -> HttpResponse:
        """Show the issue with the code, or the forms."""
        if not code and "code" not in request.GET:
            return self._page(code_form=CodeForm())
        form = CodeForm({"code": code or request.GET["code"]})
        if not form.is_valid():
            return self._page(code_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        asked = form.cleaned_data["code"]
        if asked != code:
            return redirect("reports:verify_code", code=asked)
        return self._page(code_form=CodeForm(), asked=asked, proof=find_by_code(asked))

    def post(self, request: HttpRequest, code: str = "") -> HttpResponse:
        """Say whether the file that was sent is one of the issue's (without a code: of any issue's)."""
        request.upload_handlers = [DigestUploadHandler(request)]
        proof = self._issue_of(code)
        form = FileForm(request.POST, request.FILES)
        asked = proof.code if proof is not None else ""
        if not form.is_valid():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._page(code_form=CodeForm(), file_form=form, asked=asked, proof=proof, status=status)
        file = form.cleaned_data["file"]
        found = find_by_file(file.sha256)
        is_other = found is not None and proof is not None and found.code != proof.code
        context = {"compared": file, "found": found, "is_other": is_other}
        return self._page(code_form=CodeForm(), asked=asked, proof=proof if found is None else found, **context)

    def _issue_of(self, code: str) -> Proof | None:
        try:
            return find_by_code(read_code(code)) if code else None
        except InvalidError:
            return None

    def _page(self, *, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
        values = {
            "asked": "",
            "proof": None,
            "file_form": FileForm(),
            "compared": None,
            "found": None,
            "is_other": False,
        }
        shown = {"title": _TITLE, "help_anchor": _TITLE, **values, **context}
        return render(self.request, "reports/verification.html", shown, status=status)
