"""Reading the trail: who did and saw what (docs/architecture.md §1)."""
