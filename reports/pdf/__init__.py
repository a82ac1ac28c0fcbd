"""The PDF engine: HTML to a tagged PDF/A-3 with our own fonts only, Chinese lines flush on both sides, and attached files."""

from reports.pdf.addresses import RefusedAddressError, own_file
from reports.pdf.attachments import Attachment
from reports.pdf.rendering import print_markup

__all__ = ["Attachment", "RefusedAddressError", "own_file", "print_markup"]
