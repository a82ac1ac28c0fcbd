"""Registers of matters at the counter: items and routes."""

from affairs.sheets.items import ItemSheet
from affairs.sheets.routes import RouteSheet

__all__ = ["ItemSheet", "RouteSheet"]
