"""How far each county of the demo meets the targets over time: invented, and different enough to show in a chart."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from demo.span import progress_until


@dataclass(frozen=True, slots=True)
class ShareCurve:
    """The share (0–1) of communities that meet a target over the months.

    `start` holds for November 2017 and `end` for June 2020; `turn` is an optional month between with its share.
    """

    start: float
    end: float
    turn: tuple[datetime.date, float] | None = None

    def share_in(self, month: datetime.date) -> float:
        """Return the share at the end of a month, interpolated by `progress_until`."""
        done = progress_until(month)
        if self.turn is None:
            return self.start + (self.end - self.start) * done
        turning, highest = self.turn
        until = progress_until(turning)
        if done <= until:
            return self.start + (highest - self.start) * done / until
        return highest + (self.end - highest) * (done - until) / (1 - until)


@dataclass(frozen=True, slots=True)
class CountyProfile:
    """A county's share curves, its social-work agencies in November 2017, and the months in which more were founded."""

    facilities: ShareCurve  # urban communities with 500 m² and more
    organizations: ShareCurve  # urban communities with ten organizations and more
    rural_organizations: ShareCurve  # villages of 3,000 residents and more with five and more
    professionals: ShareCurve  # urban communities with two professionals and more
    rural_professionals: ShareCurve  # villages with one and more
    agencies: int
    founded: tuple[datetime.date, ...] = ()

    def agencies_in(self, month: datetime.date) -> int:
        """Return the number of agencies at the end of a month."""
        return self.agencies + sum(each <= month for each in self.founded)


def _profile(*shares: tuple[float, float], agencies: int, founded: tuple[str, ...] = ()) -> CountyProfile:
    months = tuple(datetime.date.fromisoformat(f"{month}-01") for month in founded)
    facilities, organizations, rural_organizations, professionals, rural_professionals = (
        ShareCurve(*p) for p in shares
    )
    return CountyProfile(
        facilities, organizations, rural_organizations, professionals, rural_professionals, agencies, months
    )


_TURN = datetime.date(2019, 6, 1)
# 襄垣县 and 长治县 improve fast; 城区 nearly meets the targets from the start; 平顺县 and 壶关县 will miss the 2020 targets;
# 武乡县 improves until 2019 and then declines; the statistical county 140471 hardly changes.
_BY_COUNTY = {
    "140402": _profile((0.72, 1.0), (0.46, 0.96), (0.6, 1.0), (0.76, 1.0), (0.6, 0.98), agencies=3),
    "140411": _profile(
        (0.58, 0.92), (0.36, 0.86), (0.5, 0.92), (0.6, 1.0), (0.5, 0.9), agencies=1, founded=("2018-05",)
    ),
    "140421": _profile(
        (0.4, 1.0), (0.2, 1.0), (0.42, 0.94), (0.4, 1.0), (0.4, 0.92), agencies=1, founded=("2018-12", "2019-06")
    ),
    "140423": _profile((0.5, 1.0), (0.25, 1.0), (0.5, 1.0), (0.5, 1.0), (0.48, 0.97), agencies=2),
    "140424": _profile((0.5, 1.0), (0.0, 0.5), (0.34, 0.7), (0.5, 1.0), (0.38, 0.68), agencies=1, founded=("2019-10",)),
    "140425": _profile((0.33, 0.67), (0.0, 0.33), (0.2, 0.36), (0.33, 0.67), (0.22, 0.35), agencies=0),
    "140426": _profile((0.54, 0.85), (0.3, 0.7), (0.36, 0.7), (0.54, 0.92), (0.37, 0.69), agencies=1),
    "140427": _profile(
        (0.33, 0.67), (0.0, 0.33), (0.28, 0.5), (0.33, 0.67), (0.28, 0.46), agencies=0, founded=("2019-09",)
    ),
    "140428": _profile(
        (0.57, 0.86), (0.28, 0.86), (0.42, 0.82), (0.57, 1.0), (0.44, 0.8), agencies=1, founded=("2020-05",)
    ),
    "140429": CountyProfile(
        facilities=ShareCurve(0.5, 0.5, (_TURN, 0.75)),
        organizations=ShareCurve(0.25, 0.25, (_TURN, 0.5)),
        rural_organizations=ShareCurve(0.32, 0.44, (_TURN, 0.56)),
        professionals=ShareCurve(0.5, 0.75),
        rural_professionals=ShareCurve(0.34, 0.47, (_TURN, 0.61)),
        agencies=1,
    ),
    "140430": _profile((0.33, 0.67), (0.17, 0.5), (0.26, 0.54), (0.33, 0.84), (0.27, 0.54), agencies=0),
    "140431": _profile((0.5, 0.83), (0.33, 0.67), (0.4, 0.76), (0.5, 1.0), (0.42, 0.74), agencies=1),
    "140471": _profile((0.75, 0.75), (0.5, 0.5), (0.0, 0.0), (0.5, 1.0), (0.5, 0.5), agencies=0),
    "140481": _profile(
        (0.54, 0.93), (0.38, 0.85), (0.5, 0.92), (0.54, 1.0), (0.5, 0.91), agencies=1, founded=("2018-08", "2019-03")
    ),
}
ORDINARY = _profile((0.58, 0.85), (0.38, 0.7), (0.4, 0.7), (0.64, 0.85), (0.42, 0.7), agencies=1)


def profile_of(county_code: str) -> CountyProfile:
    """Return the county's profile, or `ORDINARY` for a county that has none."""
    return _BY_COUNTY.get(county_code, ORDINARY)
