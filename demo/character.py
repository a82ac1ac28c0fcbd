"""How well each county does in the demo, and how it gets on: invented, and different enough to be seen in a chart."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from demo.span import progress_until


@dataclass(frozen=True, slots=True)
class Course:
    """The share (0–1) of communities that meet a target: in November 2017 and June 2020, and where it turned between."""

    start: float
    end: float
    turn: tuple[datetime.date, float] | None = None

    def share_in(self, month: datetime.date) -> float:
        """The share at the end of a month."""
        done = progress_until(month)
        if self.turn is None:
            return self.start + (self.end - self.start) * done
        turning, highest = self.turn
        until = progress_until(turning)
        if done <= until:
            return self.start + (highest - self.start) * done / until
        return highest + (self.end - highest) * (done - until) / (1 - until)


@dataclass(frozen=True, slots=True)
class Character:
    """A county's courses, its social-work agencies in November 2017, and the months in which more were founded."""

    facilities: Course  # urban communities with 500 m² and more
    organizations: Course  # urban communities with ten organizations and more
    rural_organizations: Course  # villages of 3,000 residents and more with five and more
    professionals: Course  # urban communities with two professionals and more
    rural_professionals: Course  # villages with one and more
    agencies: int
    founded: tuple[datetime.date, ...] = ()

    def agencies_in(self, month: datetime.date) -> int:
        """How many agencies there are at the end of a month."""
        return self.agencies + sum(each <= month for each in self.founded)


def _character(*shares: tuple[float, float], agencies: int, founded: tuple[str, ...] = ()) -> Character:
    months = tuple(datetime.date.fromisoformat(f"{month}-01") for month in founded)
    facilities, organizations, rural_organizations, professionals, rural_professionals = (Course(*p) for p in shares)
    return Character(
        facilities, organizations, rural_organizations, professionals, rural_professionals, agencies, months
    )


_TURN = datetime.date(2019, 6, 1)
# 襄垣县 and 长治县 hurry, 城区 has almost arrived; 平顺县 and 壶关县 cannot make 2020; 武乡县 loses what it had won; the
# statistical 140471 all but stands still.
_BY_COUNTY = {
    "140402": _character((0.72, 1.0), (0.46, 0.96), (0.6, 1.0), (0.76, 1.0), (0.6, 0.98), agencies=3),
    "140411": _character(
        (0.58, 0.92), (0.36, 0.86), (0.5, 0.92), (0.6, 1.0), (0.5, 0.9), agencies=1, founded=("2018-05",)
    ),
    "140421": _character(
        (0.4, 1.0), (0.2, 1.0), (0.42, 0.94), (0.4, 1.0), (0.4, 0.92), agencies=1, founded=("2018-12", "2019-06")
    ),
    "140423": _character((0.5, 1.0), (0.25, 1.0), (0.5, 1.0), (0.5, 1.0), (0.48, 0.97), agencies=2),
    "140424": _character(
        (0.5, 1.0), (0.0, 0.5), (0.34, 0.7), (0.5, 1.0), (0.38, 0.68), agencies=1, founded=("2019-10",)
    ),
    "140425": _character((0.33, 0.67), (0.0, 0.33), (0.2, 0.36), (0.33, 0.67), (0.22, 0.35), agencies=0),
    "140426": _character((0.54, 0.85), (0.3, 0.7), (0.36, 0.7), (0.54, 0.92), (0.37, 0.69), agencies=1),
    "140427": _character(
        (0.33, 0.67), (0.0, 0.33), (0.28, 0.5), (0.33, 0.67), (0.28, 0.46), agencies=0, founded=("2019-09",)
    ),
    "140428": _character(
        (0.57, 0.86), (0.28, 0.86), (0.42, 0.82), (0.57, 1.0), (0.44, 0.8), agencies=1, founded=("2020-05",)
    ),
    "140429": Character(
        facilities=Course(0.5, 0.5, (_TURN, 0.75)),
        organizations=Course(0.25, 0.25, (_TURN, 0.5)),
        rural_organizations=Course(0.32, 0.44, (_TURN, 0.56)),
        professionals=Course(0.5, 0.75),
        rural_professionals=Course(0.34, 0.47, (_TURN, 0.61)),
        agencies=1,
    ),
    "140430": _character((0.33, 0.67), (0.17, 0.5), (0.26, 0.54), (0.33, 0.84), (0.27, 0.54), agencies=0),
    "140431": _character((0.5, 0.83), (0.33, 0.67), (0.4, 0.76), (0.5, 1.0), (0.42, 0.74), agencies=1),
    "140471": _character((0.75, 0.75), (0.5, 0.5), (0.0, 0.0), (0.5, 1.0), (0.5, 0.5), agencies=0),
    "140481": _character(
        (0.54, 0.93), (0.38, 0.85), (0.5, 0.92), (0.54, 1.0), (0.5, 0.91), agencies=1, founded=("2018-08", "2019-03")
    ),
}
ORDINARY = _character((0.58, 0.85), (0.38, 0.7), (0.4, 0.7), (0.64, 0.85), (0.42, 0.7), agencies=1)


def character_of(county_code: str) -> Character:
    """The county's character; an ordinary one for counties that the demo does not know."""
    return _BY_COUNTY.get(county_code, ORDINARY)
