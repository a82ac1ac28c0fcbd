"""`manage.py load_divisions`: load the divisions and communities of 2017 and note the county changes of 2018."""

from __future__ import annotations

from typing import Any

from changzhi_portal.commands import PortalCommand
from communities.actions import load_divisions


class Command(PortalCommand):
    """Command that loads the reference data without changing existing records."""

    help = "Load the divisions and communities of 2017 and note the county changes of 2018. Running it twice is safe."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the data and print how many rows were added."""
        loaded = load_divisions()
        if loaded.is_empty:
            self.stdout.write("All divisions, communities and county changes exist already; nothing changed.")
            return
        self.stdout.write(
            f"Loaded {loaded.cities} city, {loaded.counties} counties, {loaded.towns} towns, "
            f"{loaded.communities} communities and {loaded.changes} county changes (noted, not applied)."
        )
