"""Thresholds of the checks of communities and facilities, with the defaults of docs/domain.md §6.5."""

from __future__ import annotations

from changzhi_portal.thresholds import Threshold

_POPULATION, _FACILITIES, _PEERS, _UPLOADS = "户数和人口", "服务设施", "与同类比较", "上传时的检查"
_MONTHLY = "社区月报"

POPULATION_CHANGE = Threshold("population_change", "常住人口比上月增减达到", _POPULATION, "%", 50, 5, 300)
# Smaller changes are not reported: in a small village a few families that move are a large share.
FEWEST_PEOPLE_MOVED = Threshold("fewest_people_moved", "人口增减少于多少不查", _POPULATION, "人", 50, 0, 10_000)
MOST_PER_HOUSEHOLD = Threshold("most_per_household", "平均每户最多", _POPULATION, "人", 10, 2, 50)
LARGEST_AREA = Threshold("largest_area", "一处设施建筑面积最多", _FACILITIES, "㎡", 20_000, 1_000, 200_000)

# An outlier among its peers is at least the first many times their median, or at most the median divided by the second.
PEERS_HIGH = Threshold("peers_high", "达到同类中位数的", _PEERS, "倍", 10, 2, 100)
PEERS_LOW = Threshold("peers_low", "同类中位数达到它的", _PEERS, "倍", 20, 2, 1_000)
FEWEST_PEERS = Threshold("fewest_peers", "同类少于多少个不比", _PEERS, "个", 10, 3, 100)

OUTLIER_FACTOR = Threshold("outlier_factor", "比上次增减达到（人口、面积）", _UPLOADS, "倍", 5, 2, 100)
FEWEST_RESIDENTS = Threshold("fewest_residents", "一个社区常住人口最少", _UPLOADS, "人", 2, 0, 100)
MOST_RESIDENTS = Threshold("most_residents", "一个社区常住人口最多", _UPLOADS, "人", 100_000, 1_000, 1_000_000)
MOST_HOUSEHOLDS = Threshold("most_households", "一个社区户数最多", _UPLOADS, "户", 50_000, 500, 500_000)

# 3: asked in March, June, September and December; 1: every month.
MONTHS_BETWEEN_COUNTS = Threshold("months_between_counts", "每几个月填一次（1为每月）", _MONTHLY, "个月", 3, 1, 12)
MOST_SIGNS_OUTSIDE = Threshold("most_signs_outside", "室外牌子最多", _MONTHLY, "块", 10, 1, 200)
COUNT_FACTOR = Threshold("count_factor", "与上次相差达到", _MONTHLY, "倍", 5, 2, 100)
# Smaller differences are not reported: from one meeting to six is no slip.
FEWEST_COUNTS_CHANGED = Threshold("fewest_counts_changed", "与上次相差少于多少不查", _MONTHLY, "", 20, 0, 1_000)
MOST_MONTHLY_COUNT = Threshold("most_monthly_count", "一项数最多（上传时的检查）", _MONTHLY, "", 1_000, 50, 100_000)
