"""The sentences of 联动工作: a table of situations, and that no sentence contradicts its figures."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.briefings import TERMS, to_stored
from changzhi_portal.linked.declared import declared_works
from changzhi_portal.linked.stored import unreported_sentence
from changzhi_portal.percent import percent, percent_text
from tests.reports.briefings import CITY, COUNTY
from tests.reports.linked import linked, said, stored

pytestmark = pytest.mark.one_database

NAMES = [("140402", "城区"), ("140411", "郊区"), ("140423", "襄垣县"), ("140429", "武乡县"), ("140430", "沁县")]
USUAL = stored("bodies_complete", 96, 153, before=(94, 153), counties=13)
COVERED = stored("facility_cover", 140, 153, before=(140, 153))
FIVE = stored("five_functions", 82, 153, before=(83, 153))
MULTI = stored("multi_use", 45, 120)
SIGNS, SIGNS_CHANGE = stored("signs", 15, 3), stored("signs_change", 15, 24)
LEDGERS, LEDGERS_CHANGE = stored("ledgers", 36, 3), stored("ledgers_change", 36, 45)
ITEMS = stored("work_items", 12, before=(10, None), parts={"依法履职": 5, "协助": 4, "准入": 3, "不应承担": 0})
DECISIONS = stored("item_decisions", 5, parts={"批准": 4, "不予准入": 1})


def bodies(some: int, whole: int, before: tuple[int, int] | None = None, **values):
    return stored("bodies_complete", some, whole, before=before, **values)


SITUATIONS = {
    "professionals, posts and hours": (
        "talent",
        [
            stored("conversion", 14, 40, before=(13, 40)), stored("posts_filled", 4, 6, before=(4, 6)),
            stored("hours_ok", 9, 12, before=(10, 12)),
            stored("hired", 5, parts={"公开招聘": 4, "购买服务": 1, "没有填配备方式": 0}), stored("trained", 52, parts={"社区专职工作者": 52}),
        ],
        {},
        [
            "全市在岗社区工作者40名，其中社会工作专业人才14名，占35.0%，较上月提高2.5个百分点；设置社工岗位6个，"
            "其中有专业人才在岗的4个，占66.7%，与上月持平；填了登记有效期的持证人员12名，其中继续教育学时达到进度的9名，"
            "占75.0%，较上月下降8.3个百分点。",
            "本月新到岗社会工作者5人，其中公开招聘4人、购买服务1人；本月培训52人次（社区专职工作者）。",
        ],
    ),
    "more at post than are set, nobody hired or trained": (
        "talent", [stored("posts_filled", 7, 6), stored("hired", 0), stored("trained", 0)], {},
        ["全市设置社工岗位6个，在岗专业人才7名。", "本月没有新到岗的社会工作者；本月没有办结的培训。"],
    ),
    "a share rises": (
        "communities", [USUAL], {},
        ["全市填报组织体系的社区153个，其中组织健全的96个，占62.7%，较上月提高1.3个百分点。"],
    ),
    "a share falls": (
        "communities", [bodies(94, 153, (96, 153))], {},
        ["全市填报组织体系的社区153个，其中组织健全的94个，占61.4%，较上月下降1.3个百分点。"],
    ),
    "a share is unchanged": (
        "communities", [bodies(96, 153, (96, 153))], {},
        ["全市填报组织体系的社区153个，其中组织健全的96个，占62.7%，与上月持平。"],
    ),
    "more units at the same printed rate": (
        "communities", [bodies(960, 1530, (96, 153))], {},
        ["全市填报组织体系的社区1,530个，其中组织健全的960个，占62.7%，与上月持平。"],
    ),
    "the first month": (
        "communities", [bodies(96, 153)], {},
        ["全市填报组织体系的社区153个，其中组织健全的96个，占62.7%。"],
    ),
    "none": ("communities", [bodies(0, 153, (0, 153))], {}, ["全市填报组织体系的社区153个，没有组织健全的。"]),
    "none any more": (
        "communities", [bodies(0, 153, (3, 153))], {},
        ["全市填报组织体系的社区153个，没有组织健全的，占比较上月下降2.0个百分点。"],
    ),
    "all, and not yet last month": (
        "communities", [bodies(153, 153, (150, 153))], {},
        ["全市填报组织体系的社区153个，全部组织健全，占比较上月提高2.0个百分点。"],
    ),
    "all as before": ("communities", [bodies(153, 153, (153, 153))], {}, ["全市填报组织体系的社区153个，全部组织健全。"]),
    "one of many is missing": (
        "communities", [bodies(152, 153)], {},
        ["全市填报组织体系的社区153个，仅1个组织不健全，组织健全的占99.3%。"],
    ),
    "only one of many": (
        "communities", [bodies(1, 153)], {},
        ["全市填报组织体系的社区153个，其中组织健全的仅1个，占0.7%。"],
    ),
    "one of a few": ("communities", [bodies(1, 3)], {}, ["全市填报组织体系的社区3个，其中组织健全的1个，占33.3%。"]),
    "a single one that does": ("communities", [bodies(1, 1)], {}, ["全市填报组织体系的社区1个，组织健全。"]),
    "a single one that does not": ("communities", [bodies(0, 1, (1, 1))], {}, ["全市填报组织体系的社区1个，组织不健全。"]),
    "one county is missing": (
        "communities", [bodies(96, 153, (94, 153), counties=12)], {},
        ["全市填报组织体系的社区153个，其中组织健全的96个，占62.7%，较上月提高1.3个百分点（覆盖12个县（市、区））。"],
    ),
    "a county has reported for the first time": (
        "communities", [bodies(96, 153, (90, 140), counties=13, counties_before=12)], {},
        ["全市填报组织体系的社区153个，其中组织健全的96个，占62.7%（上月只覆盖12个县（市、区），不作比较）。"],
    ),
    "a county has reported, and another is missing": (
        "communities", [bodies(96, 153, (90, 140), counties=12, counties_before=11)], {},
        ["全市填报组织体系的社区153个，其中组织健全的96个，占62.7%（覆盖12个县（市、区），上月为11个，不作比较）。"],
    ),
    "a county's edition": (
        "communities", [bodies(9, 12, (8, 12))], {"whole": "全县", "counties": 0},
        ["全县填报组织体系的社区12个，其中组织健全的9个，占75.0%，较上月提高8.3个百分点。"],
    ),
    "a quarter": (
        "communities", [USUAL], {"span": "quarter"},
        ["全市填报组织体系的社区153个，其中组织健全的96个，占62.7%，较上季度末提高1.3个百分点。"],
    ),
    "a year": (
        "communities", [USUAL], {"span": "year", "month": "2018-12"},
        ["全市填报组织体系的社区153个，其中组织健全的96个，占62.7%，较上年末提高1.3个百分点。"],
    ),
    "purchases": (
        "purchases",
        [
            stored("org_share", 30, 40, before=(28, 40)),
            stored("four_groups", 523_000, 1_000_000),
            stored("paid_rate", 80_000, 100_000, before=(50_000, 100_000)),
            stored("reviewed", 9, 12),
            stored("good", 11, 11),
        ],
        {},
        [
            "全市月末在执行的购买服务项目40个，其中由社会组织承接的30个，占75.0%，较上月提高5.0个百分点；"
            "在执行项目中面向流动人口、留守人员、困难群众和特殊人群的预算占52.3%。",
            "全市在执行项目的合同资金已支付80.0%，较上月提高30.0个百分点；"
            "本年到期的购买服务项目12个，其中完成末期评估的9个，占75.0%；本年评定绩效等级的项目11个，全部为优良。",
        ],
    ),
    "purchases of a county that has only reviewed": (
        "purchases", [stored("reviewed", 1, 1)], {"whole": "全县", "counties": 0},
        ["全县本年到期的购买服务项目1个，已完成末期评估。"],
    ),
    "projects without money and without an end": (
        "purchases", [stored("paid_rate", 0, 0), stored("reviewed", 0, 0), stored("org_share", 0, 3, counties=12)], {},
        ["全市月末在执行的购买服务项目3个，均不由社会组织承接（覆盖12个县（市、区））。"],
    ),
    "money from several sources": (
        "funding",
        [
            stored("funding", 1_000_000, parts={"一般公共预算": 700_000, "福彩公益金": 200_000, "慈善资金": 60_000, "其他": 0}),
            stored("social_share", 100_000, 1_000_000),
            stored("lottery_share", 200_000, 1_000_000),
        ],
        {},
        [
            "本月全市支付经费100万元，其中一般公共预算70万元、福彩公益金20万元、慈善资金6万元；"
            "福彩公益金占20.0%、社会资金（慈善、驻区单位、捐赠）占10.0%。"
        ],
    ),
    "money from one source": (
        "funding", [stored("funding", 50_000, parts={"一般公共预算": 50_000}), stored("social_share", 0, 50_000)], {},
        ["本月全市支付经费5万元，全部为一般公共预算。"],
    ),
    "no money this month, and a county is missing": (
        "funding", [stored("funding", 0, counties=12)], {}, ["本月全市没有登记经费支付（覆盖12个县（市、区））。"],
    ),
    "money of a year": (
        "funding", [stored("funding", 80, parts={"其他": 80})], {"span": "year", "month": "2018-12"},
        ["2018年1月以来全市支付经费80元，全部为其他资金。"],
    ),
    "reported, and nothing to divide by": ("communities", [bodies(0, 0)], {}, []),
    "nothing reported": ("communities", [], {}, []),
    "facilities of as many communities": (
        "communities",
        [COVERED, FIVE, MULTI, stored("area_opened", 1200, parts={"筹资新建": 800, "开发配建": 400})], {},
        [
            "全市社区153个，其中有综合服务设施的140个，占91.5%，与上月持平；五项功能齐全的82个，占53.6%，较上月下降0.6个百分点；"
            "登记了功能的在用设施120处，其中一室多用的45处，占37.5%。本月新启用设施1,200平方米，其中筹资新建800平方米、开发配建400平方米。"
        ],
    ),
    "all covered, none whole, nothing opened": (
        "communities", [stored("facility_cover", 153, 153), stored("five_functions", 0, 153), stored("area_opened", 0)], {},
        ["全市社区153个，全部有综合服务设施；没有五项功能齐全的。本月没有新启用的设施。"],
    ),
    "opened in one way": (
        "communities", [stored("multi_use", 120, 120), stored("area_opened", 800.5, parts={"筹资新建": 800.5})], {},
        ["全市登记了功能的在用设施120处，全部做到一室多用。本月新启用设施800.5平方米（筹资新建）。"],
    ),
    "opened in a quarter": (
        "communities", [stored("multi_use", 0, 12), stored("area_opened", 800, parts={"筹资新建": 800})],
        {"span": "quarter"},
        ["全市登记了功能的在用设施12处，没有一室多用的。2018年1月以来新启用设施800平方米（筹资新建）。"],
    ),
    "signs and ledgers both fall": (
        "burden", [SIGNS, SIGNS_CHANGE, LEDGERS, LEDGERS_CHANGE], {},
        ["全市平均每个社区室内外牌子5块、台账报表12种，分别比上年12月减少37.5%、20.0%。"],
    ),
    "one falls, the other rises": (
        "burden", [SIGNS, SIGNS_CHANGE, LEDGERS, stored("ledgers_change", 36, 35)], {},
        ["全市平均每个社区室内外牌子5块、台账报表12种，与上年12月相比，室内外牌子减少37.5%、台账报表增加2.9%。"],
    ),
    "as many as last December": (
        "burden", [SIGNS, stored("signs_change", 15, 15), LEDGERS, stored("ledgers_change", 36, 36)], {},
        ["全市平均每个社区室内外牌子5块、台账报表12种，均与上年12月持平。"],
    ),
    "almost as many": (
        "burden", [stored("signs", 10_001, 2_000), stored("signs_change", 10_001, 10_000)], {},
        ["全市平均每个社区室内外牌子5块，与上年12月基本持平。"],
    ),
    "no counts of last December": (
        "burden", [SIGNS, LEDGERS, stored("ledgers_change", 0, 0)], {},
        ["全市平均每个社区室内外牌子5块、台账报表12种。"],
    ),
    "last December of one of two": (
        "burden", [SIGNS, SIGNS_CHANGE, LEDGERS], {},
        ["全市平均每个社区室内外牌子5块、台账报表12种，与上年12月相比，室内外牌子减少37.5%。"],
    ),
    "zero, and less than is printed": (
        "burden",
        [stored("meetings", 10, 3), stored("inspections", 0, 3), stored("certificates", 1, 3000)], {},
        ["全市本月平均每个社区参加会议3.3次、接受检查考评为零、出具证明不足0.1件。"],
    ),
    "things and events, one county missing in all": (
        "burden",
        [stored("signs", 15, 3, counties=12), stored("signs_change", 15, 24), stored("meetings", 10, 4, counties=12)], {},
        [
            "全市平均每个社区室内外牌子5块，比上年12月减少37.5%；本月平均每个社区参加会议2.5次"
            "（以上覆盖12个县（市、区））。"
        ],
    ),
    "one county missing of facilities, and a share that only covered eleven": (
        "communities",
        [
            stored("facility_cover", 140, 153, before=(139, 153), counties=12),
            stored("multi_use", 45, 120, before=(40, 110), counties=12, counties_before=11),
            stored("area_opened", 0, counties=12),
        ],
        {},
        [
            "全市社区153个，其中有综合服务设施的140个，占91.5%，较上月提高0.7个百分点（覆盖12个县（市、区））；"
            "登记了功能的在用设施120处，其中一室多用的45处，占37.5%（覆盖12个县（市、区），上月为11个，不作比较）。"
            "本月没有新启用的设施（覆盖12个县（市、区））。"
        ],
    ),
    "items and money of twelve counties": (
        "work_items",
        [
            stored("work_items", 3, parts={"协助": 3}, counties=12),
            stored("funded", 3, 3, counties=12),
            stored("funds_per_community", 6400, 5, counties=12),
        ],
        {},
        [
            "全市进社区工作事项共3项，全部为协助事项；协助和准入事项3项，全部落实了经费；"
            "平均每个社区每年经费1,280元（以上覆盖12个县（市、区））。"
        ],
    ),
    "one county missing in one": (
        "burden", [stored("signs", 15, 3, counties=12), stored("ledgers", 36, 3, counties=13)], {},
        ["全市平均每个社区室内外牌子5块（覆盖12个县（市、区））、台账报表12种。"],
    ),
    "events of a quarter": (
        "burden", [stored("meetings", 30, 12), stored("meetings_change", 8, 10)], {"span": "quarter"},
        ["全市2018年1月以来平均每个社区每月参加会议2.5次，2018年6月比上年12月减少20.0%。"],
    ),
    "items of all lists": (
        "work_items", [ITEMS, stored("funded", 6, 7), stored("funds_per_community", 6400, 5)], {},
        [
            "全市进社区工作事项共12项，其中依法履职5项、协助4项、准入3项，较上月增加2项；"
            "协助和准入事项7项，其中落实经费的6项，占85.7%；平均每个社区每年经费1,280元。"
        ],
    ),
    "items of one list, as many": (
        "work_items", [stored("work_items", 3, before=(3, None), parts={"协助": 3}), stored("funded", 3, 3)], {},
        ["全市进社区工作事项共3项，全部为协助事项，与上月持平；协助和准入事项3项，全部落实了经费。"],
    ),
    "one item, fewer": (
        "work_items", [stored("work_items", 1, before=(3, None), parts={"准入": 1}), stored("funded", 0, 1)], {},
        ["全市进社区工作事项共1项，为准入事项，较上月减少2项；协助和准入事项1项，没有落实经费。"],
    ),
    "no items, no money": (
        "work_items", [stored("work_items", 0, before=(2, None)), stored("funds_per_community", 0, 5)], {},
        ["全市没有在执行的进社区工作事项，较上月减少2项。"],
    ),
    "decisions, most in time": (
        "work_items", [DECISIONS, stored("item_on_time", 4, 5, before=(3, 3)), stored("item_days", 61, 5)], {},
        [
            "本月审定准入申请5件，批准4件、不予准入1件，按时审定4件，按时审定率80.0%，较上月下降20.0个百分点，"
            "平均用时12.2个工作日。"
        ],
    ),
    "all approved and in time": (
        "work_items",
        [stored("item_decisions", 5, parts={"批准": 5}), stored("item_on_time", 5, 5), stored("item_days", 70, 5)], {},
        ["本月审定准入申请5件，全部批准，均按时审定，平均用时14个工作日。"],
    ),
    "one refused, too late": (
        "work_items",
        [
            stored("item_decisions", 1, parts={"不予准入": 1}),
            stored("item_on_time", 0, 1),
            stored("item_days", 16, 1),
        ],
        {},
        ["本月审定准入申请1件，不予准入，超过规定期限，用时16个工作日。"],
    ),
    "none in time, over a quarter": (
        "work_items", [DECISIONS, stored("item_on_time", 0, 5)], {"span": "quarter"},
        ["2018年1月以来审定准入申请5件，批准4件、不予准入1件，均超过规定期限。"],
    ),
    "nothing decided": ("work_items", [stored("item_decisions", 0)], {}, ["本月没有审定准入申请。"]),
    "residents are more content": (
        "satisfaction", [stored("satisfaction", 45, 50, before=(80, 100)), stored("satisfaction_score", 3980, 50)], {},
        ["全市居民满意率90.0%（50份有效问卷），满意度得分79.6分，满意率较上月提高10.0个百分点。"],
    ),
    "the survey of the month before": (
        "satisfaction", [stored("satisfaction", 45, 50, before=(45, 50))], {},
        ["全市居民满意率90.0%（50份有效问卷）。"],
    ),
    "everybody is content": ("satisfaction", [stored("satisfaction", 50, 50)], {}, ["全市接受调查的居民全部表示满意（50份有效问卷）。"]),
    "nobody is content": ("satisfaction", [stored("satisfaction", 0, 50)], {}, ["全市接受调查的居民没有表示满意的（50份有效问卷）。"]),
    "too few answers": ("satisfaction", [stored("satisfaction", 0, 0)], {}, ["全市2018年还没有样本足够的满意度调查。"]),
    "needs asked": (
        "needs", [stored("surveyed", 45, 153, before=(40, 153))], {},
        ["全市社区153个，其中近12个月开展过需求调查的45个，占29.4%，较上月提高3.3个百分点。"],
    ),
    "organizations, what was filed, and money": (
        "organizations",
        [
            stored("organizations", 1204, before=(1192, None), parts={"文体活动类": 802, "公益慈善类": 402, "其他": 0}),
            stored("filed_new", 5),
            stored("support_amount", 125_000),
        ],
        {},
        [
            "全市在册社会组织1,204个，其中文体活动类802个、公益慈善类402个，较上月增加12个；本月新备案5个；本月新增扶持12.5万元。"
        ],
    ),
    "one organization": (
        "organizations", [stored("organizations", 1, before=(1, None), parts={"其他": 1})], {},
        ["全市在册社会组织1个，为其他，与上月持平。"],
    ),
    "no organization and nothing filed": (
        "organizations", [stored("organizations", 0), stored("filed_new", 0), stored("support_amount", 0)], {},
        ["全市没有在册的社会组织；本月没有新备案的组织。"],
    ),
    "hubs and platforms of as many towns": (
        "organizations", [stored("hub_towns", 3, 9, before=(4, 9)), stored("platform_towns", 2, 9)], {},
        [
            "全市街道（乡镇）9个，其中有枢纽型社会组织的3个，占33.3%，较上月下降11.1个百分点；有社会组织服务平台的2个，占22.2%。"
        ],
    ),
    "six activities": (
        "activities",
        [
            stored("activities", 6, before=(4, None), parts={"邻里互助": 3, "纠纷调解": 2, "扶贫济困": 1, "文体": 0}),
            stored("participants", 164), stored("volunteer_hours", 80.5), stored("households_helped", 12),
        ],
        {},
        [
            "本月全市开展活动6场，其中邻里互助3场、纠纷调解2场、扶贫济困1场，较上月增加2场；参加164人次，志愿服务80.5小时，帮扶12户。"
        ],
    ),
    "one activity, of a county that is missing others": (
        "activities", [stored("activities", 1, parts={"文体": 1}, counties=12), stored("participants", 0)], {},
        ["本月全市开展活动1场，为文体（覆盖12个县（市、区））。"],
    ),
    "activities of one kind over a year": (
        "activities", [stored("activities", 4, parts={"文体": 4})], {"span": "year", "month": "2018-12"},
        ["2018年1月以来全市开展活动4场，均为文体。"],
    ),
    "no activity": ("activities", [stored("activities", 0)], {}, ["本月全市没有登记活动。"]),
    "leaders": ("leaders", [stored("leaders", 38, 12)], {}, ["全市平均每个社区居民骨干3.2人。"]),
    "counties with a plan": (
        "documents", [stored("with_plan", 9, 13, before=(8, 13), counties=13)], {},
        ["全市县（市、区）13个，其中有实施方案的9个，占69.2%，较上月提高7.7个百分点。"],
    ),
    "all counties with a plan": (
        "documents", [stored("with_plan", 13, 13, before=(13, 13), counties=13)], {},
        ["全市县（市、区）13个，全部有实施方案。"],
    ),
    "a county with a plan": (
        "documents", [stored("with_plan", 1, 1, before=(1, 1))], {"whole": "全县", "counties": 0}, ["全县有实施方案。"],
    ),
    "a county without a plan": (
        "documents", [stored("with_plan", 0, 1)], {"whole": "全区", "counties": 0}, ["全区没有实施方案。"],
    ),
    "plans of communities": (
        "community_plans", [stored("planned", 45, 153, before=(40, 153), counties=12)], {},
        ["全市社区153个，其中有社区发展规划的45个，占29.4%，较上月提高3.3个百分点（覆盖12个县（市、区））。"],
    ),
    "stories": (
        "stories", [stored("stories", 12, before=(10, None), parts={"媒体报道": 5, "典型案例": 7, "宣传活动": 0})], {},
        ["本月全市报送宣传与案例12篇，其中媒体报道5篇、典型案例7篇，较上月增加2篇。"],
    ),
    "stories of one kind": (
        "stories", [stored("stories", 3, before=(3, None), parts={"宣传活动": 3})], {},
        ["本月全市报送宣传与案例3篇，全部为宣传活动，与上月持平。"],
    ),
    "one story": ("stories", [stored("stories", 1, parts={"媒体报道": 1})], {}, ["本月全市报送宣传与案例1篇，为媒体报道。"]),
    "no stories": ("stories", [stored("stories", 0)], {}, ["本月全市没有报送宣传与案例。"]),
    "stories of a quarter": (
        "stories", [stored("stories", 2, parts={"媒体报道": 2})], {"span": "quarter"},
        ["2018年1月以来全市报送宣传与案例2篇，全部为媒体报道。"],
    ),
    "stories of another number of counties": (
        "stories", [stored("stories", 3, before=(3, None), parts={"宣传活动": 3}, counties=12, counties_before=11)], {},
        ["本月全市报送宣传与案例3篇，全部为宣传活动。"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("work", "figures", "changes", "expected"), SITUATIONS.values(), ids=SITUATIONS)
def test_what_is_said(work, figures, changes, expected):
    assert said(work, *figures, **changes) == expected


# --- Nothing contradicts the figures ---

COUNTS = st.integers(0, 4000)


@st.composite
def shares(draw) -> tuple[int, int]:
    whole = draw(st.integers(1, 4000))
    return draw(st.integers(0, whole)), whole


@given(
    st.sampled_from([("communities", "bodies_complete"), ("work_items", "funded"), ("needs", "surveyed")]),
    shares(),
    st.none() | shares(),
    st.integers(1, 13),
    st.sampled_from(list(TERMS)),
)
def test_no_share_contradicts_its_figures(place, now, before, counties, span):
    work, code = place
    some, whole = now
    [text] = said(work, stored(code, some, whole, before=before, counties=counties), span=span)
    assert ("全部" in text) == (some == whole > 1)
    assert ("覆盖" in text) == (counties < 13)
    rate = percent(some, whole)
    assert (percent_text(rate) in text) == (0 < some < whole)
    assert f"{whole:,}" in text
    changed = None if before is None else rate - percent(*before)
    last = TERMS[span].last
    if whole == 1 or changed is None:
        assert "较" not in text.replace("占比较", "") and "持平" not in text
    elif changed:
        assert f"较{last}{'提高' if changed > 0 else '下降'}{abs(changed)}个百分点" in text
    else:
        assert (f"与{last}持平" in text) == (0 < some < whole)
    assert not re.search(r"[^0-9.]0(\.0)?个百分点", text)


@given(COUNTS, COUNTS, st.integers(1, 3000))
def test_no_mean_contradicts_its_change_on_last_december(now, then, communities):
    figures = [stored("signs", now, communities), stored("signs_change", now, then)]
    [text] = said("burden", *figures)
    assert ("减少" in text, "增加" in text) == (
        bool(then) and figures[1].value < 0,
        bool(then) and figures[1].value > 0,
    )
    assert ("为零" in text) == (now == 0)
    assert ("均" in text.replace("平均", "")) is False
    assert not re.search(r"(?<![\d.,])0块|(?<!\d)0\.0%", text)
    if then == now and then:
        assert "与上年12月持平" in text


@given(st.lists(COUNTS, min_size=3, max_size=3), st.none() | COUNTS)
def test_no_total_contradicts_its_parts(numbers, before):
    parts = dict(zip(("依法履职", "协助", "准入"), numbers, strict=True))
    total = sum(numbers)
    items = stored("work_items", total, before=None if before is None else (before, None), parts=parts)
    [text] = said("work_items", items)
    listed = [int(number.replace(",", "")) for number in re.findall(r"(?:履职|协助|准入)([\d,]+)项", text)]
    assert not listed or sum(listed) == total
    assert ("增加" in text, "减少" in text) == (
        before is not None and total > before,
        before is not None and total < before,
    )
    assert not re.search(r"(?<![\d,])0项", text)


def test_every_measure_word_is_that_of_the_figure():
    for work in declared_works():
        for shown in work.figures:
            figure = stored(shown.figure.code, 30, 12)
            for text in said(work.code, figure):
                unit = shown.figure.unit.replace("㎡", "平方米")
                assert unit in text or unit == "%", (shown.figure.code, text)


# --- Who has not reported ---


def test_counties_that_miss_the_same_are_named_together():
    figures = linked(NAMES, missing=["武乡县", "沁县"])
    assert unreported_sentence(to_stored(figures), CITY) == (
        "联动工作方面，全市未填报需求调查；武乡县、沁县均未填报社区组织体系、服务设施、进社区工作事项、社区月报、满意度调查等18项。"
    )


def test_a_countys_edition_names_no_town_and_all_that_is_missing():
    towns = [("140423100", "古韩镇"), ("140423101", "王桥镇")]
    assert unreported_sentence(to_stored(linked(towns)), COUNTY) == "联动工作方面，全县未填报需求调查。"


def test_nothing_is_said_of_an_issue_from_before():
    assert unreported_sentence(None, CITY) == ""


def test_a_value_is_printed_as_the_figure_shows_it():
    texts = {code: stored(code, *sums).text_of(stored(code, *sums).value) for code, sums in {
        "signs_change": (15, 24), "bodies_complete": (96, 153), "funds_per_community": (6400, 5), "work_items": (1200, None),
        "signs": (15, 3), "item_on_time": (0, 0),
    }.items()}  # fmt: skip
    assert texts == {
        "signs_change": "−37.5%",
        "bodies_complete": "62.7%",
        "funds_per_community": "1,280.00",
        "work_items": "1,200",
        "signs": "5.0",
        "item_on_time": "—",
    }
    assert stored("area_opened", Decimal("12.5")).said == "12.5平方米"
