"""Upload batches in the API."""

from uploads.api.endpoint import Uploads

__all__ = ["Uploads"]
