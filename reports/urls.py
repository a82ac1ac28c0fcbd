"""URLs of briefings, the dashboard, and the printed forms of the counties' months."""

from django.urls import path

from reports.views.briefing import BriefingDetail, BriefingFilePage, BriefingList, BriefingProgress
from reports.views.changes import ComparePage
from reports.views.dashboard import Dashboard
from reports.views.delivery import EditRecipients, SendAgain
from reports.views.editing import (
    BriefingMovePage,
    CorrectBriefing,
    EditSettings,
    EditTexts,
    PrintBriefing,
    SettingsList,
)
from reports.views.evaluation import EvaluationPage
from reports.views.filing_notice import FilingNoticePdf
from reports.views.issue_comparison import CompareIssues
from reports.views.linked import LinkedPage
from reports.views.matrix import MatrixPage
from reports.views.month import MonthOfIssues, MonthProgress, MoveAll, PrintAll
from reports.views.question_sheets import QuestionSheetsPdf
from reports.views.report_form import ReportFormPage, ReportFormPdf
from reports.views.verification import VerifyIssue

app_name = "reports"
urlpatterns = [
    path("dashboard/", Dashboard.as_view(), name="dashboard"),
    path("dashboard/linked/", LinkedPage.as_view(), name="linked"),
    path("matrix/", MatrixPage.as_view(), name="matrix"),
    path("evaluation/", EvaluationPage.as_view(), name="evaluation"),
    path("compare/", ComparePage.as_view(), name="compare"),
    path("briefings/", BriefingList.as_view(), name="briefings"),
    path("briefings/print/", PrintBriefing.as_view(), name="print_briefing"),
    path("briefings/compare/", CompareIssues.as_view(), name="briefing_comparison"),
    path("briefings/all/", PrintAll.as_view(), name="print_briefings"),
    path("briefings/all/<str:period>/<slug:span>/", MonthOfIssues.as_view(), name="briefing_month"),
    path("briefings/all/<str:period>/<slug:span>/progress/", MonthProgress.as_view(), name="briefing_month_progress"),
    path("briefings/all/<str:period>/<slug:span>/<slug:move>/", MoveAll.as_view(), name="move_briefings"),
    path("briefings/verify/", VerifyIssue.as_view(), name="verify"),
    path("briefings/verify/<slug:code>/", VerifyIssue.as_view(), name="verify_code"),
    path("briefings/settings/", SettingsList.as_view(), name="briefing_settings"),
    path("briefings/settings/<slug:ref>/", EditSettings.as_view(), name="edit_briefing_settings"),
    path("briefings/settings/<slug:ref>/recipients/", EditRecipients.as_view(), name="edit_briefing_recipients"),
    path("briefings/<slug:ref>/", BriefingDetail.as_view(), name="briefing"),
    path("briefings/<slug:ref>/progress/", BriefingProgress.as_view(), name="briefing_progress"),
    path("briefings/<slug:ref>/correct/", CorrectBriefing.as_view(), name="correct_briefing"),
    path("briefings/<slug:ref>/texts/", EditTexts.as_view(), name="edit_briefing"),
    path("briefings/<slug:ref>/moves/<slug:move>/", BriefingMovePage.as_view(), name="move_briefing"),
    path("briefings/<slug:ref>/deliveries/<slug:delivery>/again/", SendAgain.as_view(), name="send_briefing_again"),
    path("briefings/<slug:ref>/pdf/", BriefingFilePage.as_view(), {"kind": "pdf"}, name="briefing_pdf"),
    path("briefings/<slug:ref>/files/<slug:kind>/", BriefingFilePage.as_view(), name="briefing_file"),
    path("filing-notices/<slug:ref>/", FilingNoticePdf.as_view(), name="filing_notice"),
    path("question-sheets/<slug:ref>/", QuestionSheetsPdf.as_view(), name="question_sheets"),
    path("report-forms/<slug:ref>/", ReportFormPage.as_view(), name="report_form"),
    path("report-forms/<slug:ref>/pdf/", ReportFormPdf.as_view(), name="report_form_pdf"),
]
