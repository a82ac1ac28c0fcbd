"""Finding the place an office means: by code, by names, by old names and codes (docs/domain.md §3)."""

from communities.places.finder import PlaceFinder
from communities.places.index import PlaceIndex
from communities.places.place import KnownCommunity, Place, PlaceNotFoundError

__all__ = ["KnownCommunity", "Place", "PlaceFinder", "PlaceIndex", "PlaceNotFoundError"]
