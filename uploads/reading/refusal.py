"""Reasons for refusing a whole file, with the sentences for its uploader (codes: docs/spreadsheets.md §5.1)."""

from __future__ import annotations

from typing import Any, Final

from changzhi_portal.personal_numbers import mask_slipped_numbers
from changzhi_portal.refusals import InvalidError


class FileRefusedError(InvalidError):
    """A file that cannot be used as a whole.

    `problem_code` is one of unreadable_file, unsupported_format, encrypted_file, too_large, empty_sheet, header_not_found,
    missing_column, wrong_register, personal_text. `str(error)` says in Chinese what is wrong and what to do; personal
    numbers in what it quotes of the file are masked. `headers` is the probable header of the file, in the shape of
    `UploadBatch.mapping`, if mapping it by hand could cure the refusal, which `can_be_mapped` denies.
    """

    def __init__(self, problem_code: str, message: str, *, cure: str = "", can_be_mapped: bool = True) -> None:
        super().__init__(mask_slipped_numbers(message), cure=cure, field="file")
        self.problem_code = problem_code
        self.can_be_mapped = can_be_mapped
        self.headers: list[dict[str, Any]] = []

    def as_problem(self, file_name: str) -> dict[str, Any]:
        """Return the refusal as the only problem of the file, in the shape of `UploadBatch.problems`."""
        return {
            "sheet": None,
            "cell": "",
            "column": "",
            "value": mask_slipped_numbers(file_name),
            "code": self.problem_code,
            "level": "error",
            "message": str(self),
        }


_SAVE_AS: Final = "请用Excel或WPS打开后另存为“Excel工作簿（.xlsx）”再上传"

# By reason: problem code, Chinese sentence for the uploader, English sentence for operators.
SENTENCES: Final[dict[str, tuple[str, str, str]]] = {
    "empty": (
        "unreadable_file",
        "文件是空的（0字节），请在Excel或WPS中重新保存后再上传",
        "The file has no content; save it again in the spreadsheet program.",
    ),
    "damaged": (
        "unreadable_file",
        f"文件已损坏或不完整，{_SAVE_AS}",
        "The file is damaged or incomplete; open it in a spreadsheet program and save it as .xlsx.",
    ),
    "encoding": (
        "unreadable_file",
        f"文件的文字编码认不出来，{_SAVE_AS}",
        "The text is neither UTF-8, UTF-16 nor GB18030; save it as .xlsx.",
    ),
    "format": (
        "unsupported_format",
        "这是{kind}，不是电子表格，请上传.xlsx、.xls、.ods或.csv文件",
        "This is not a spreadsheet; send .xlsx, .xls, .ods or .csv.",
    ),
    "old_format": (
        "unsupported_format",
        f"这是{{kind}}，本系统不能直接读取，{_SAVE_AS}",
        "This spreadsheet format is not read; save it as .xlsx.",
    ),
    "encrypted": (
        "encrypted_file",
        "文件设有打开密码，请在Excel或WPS中取消密码并保存后再上传",
        "The file is protected by a password; remove it, save and send the file again.",
    ),
    "bytes": (
        "too_large",
        "文件有{size}MB，超过{limit}MB的上限，请删去图片和无关的工作表，或按乡镇拆成几个文件上传",
        "The file has {size} MB, more than the limit of {limit} MB; split it or remove pictures.",
    ),
    "inflated": (
        "too_large",
        "文件解压后超过{limit}MB，请把需要的内容复制到新建的工作簿，保存后再上传",
        "The file inflates to more than {limit} MB; copy what is needed into a new workbook.",
    ),
    "parts": (
        "too_large",
        "文件内部的部件过多，请把需要的内容复制到新建的工作簿，保存后再上传",
        "The archive has too many entries; copy what is needed into a new workbook.",
    ),
    "rows": (
        "too_large",
        "表格超过{rows}行，请删除多余的行，或按乡镇拆成几个文件上传",
        "The sheets have more than {rows} rows; split the file.",
    ),
    "columns": (
        "too_large",
        "表格超过{columns}列，请删除表格右侧多余的列后再上传",
        "A sheet has more than {columns} columns; delete the superfluous ones.",
    ),
    "sheets": (
        "too_large",
        "工作簿有{sheets}张工作表，最多{limit}张，请拆成几个文件上传",
        "The workbook has {sheets} sheets, at most {limit} are read; split the file.",
    ),
    "memory": (
        "too_large",
        "表格范围过大，请删除表格下方和右侧远处多余的内容，或把需要的内容复制到新建的工作簿后再上传",
        "The used range of a sheet is too large; copy what is needed into a new workbook.",
    ),
    "seconds": (
        "too_large",
        "文件过大，{seconds}秒内没有读完，请把需要的内容复制到新建的工作簿，或拆成几个文件上传",
        "Reading the file took more than {seconds} s; split it or copy what is needed into a new workbook.",
    ),
}


def refuse(reason: str, **values: object) -> FileRefusedError:
    """Return the error to raise for a key of `SENTENCES`; `values` fill its sentence."""
    code, sentence, english = SENTENCES[reason]
    return FileRefusedError(code, sentence.format(**values), cure=english.format(**values))
