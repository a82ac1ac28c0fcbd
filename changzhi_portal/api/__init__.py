"""What every endpoint of the API below `/api/v1/` shares (docs/api.md).

An app declares its endpoints in `<app>/api.py`; they are found by `routes.py`. Filters, scope, row check, actions, masks
and locks are those of pages and uploads.
"""
