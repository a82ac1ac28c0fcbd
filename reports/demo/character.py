"""How well each county does in the demo: invented, and different enough to be seen in a chart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Character:
    """Shares (0–1) of a county's communities that meet a target, and its number of social-work agencies."""

    facilities: float  # urban communities with 500 m² and more
    organizations: float  # urban communities with ten organizations and more
    rural_organizations: float  # villages of 3,000 residents and more with five and more
    professionals: float  # urban communities with two professionals and more
    rural_professionals: float  # villages with one and more
    agencies: int


ORDINARY = Character(0.58, 0.38, 0.40, 0.64, 0.42, 1)
_BY_COUNTY = {
    "140402": Character(0.72, 0.55, 0.60, 0.82, 0.66, 4),
    "140411": Character(0.60, 0.42, 0.52, 0.70, 0.55, 2),
    "140421": Character(0.62, 0.35, 0.46, 0.62, 0.49, 1),
    "140423": Character(0.68, 0.40, 0.55, 0.72, 0.58, 2),
    "140424": Character(0.50, 0.30, 0.36, 0.55, 0.40, 1),
    "140425": Character(0.34, 0.20, 0.22, 0.40, 0.24, 0),
    "140426": Character(0.54, 0.28, 0.38, 0.58, 0.38, 1),
    "140427": Character(0.40, 0.24, 0.30, 0.45, 0.31, 0),
    "140428": Character(0.60, 0.36, 0.44, 0.66, 0.47, 1),
    "140429": Character(0.46, 0.25, 0.33, 0.50, 0.35, 1),
    "140430": Character(0.38, 0.22, 0.26, 0.42, 0.28, 0),
    "140431": Character(0.55, 0.33, 0.41, 0.60, 0.44, 1),
    "140481": Character(0.64, 0.45, 0.50, 0.70, 0.52, 1),
}


def character_of(county_code: str) -> Character:
    """The county's character; an ordinary one for counties that the demo does not know."""
    return _BY_COUNTY.get(county_code, ORDINARY)
