"""Tests of cleaning cells as offices write them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changzhi_portal.registers import cleaning
from changzhi_portal.registers.cleaning_dates import clean_date
from changzhi_portal.registers.columns import CreditCodeColumn, ListColumn, PlaceCodeColumn, TextColumn
from changzhi_portal.registers.problems import CellRefusedError, Doubtful
from communities.models import Community
from socialworkers.models import Posting

DAY = datetime.date(2017, 11, 14)


@pytest.mark.parametrize(
    "written",
    ["2017.11.14", "2017-11-14", "2017/11/14", "2017年11月14日", "20171114", "2017. 11. 14", "２０１７－１１－１４", 20171114,
     20171114.0, 43053, 43053.0, "43053", DAY, datetime.datetime(2017, 11, 14), "2017-11-14 00:00:00", "2017年11月14日 ",
     "2017/11/14 0:00", "2017-11-14T10:30:25", "2017-11-14T00:00:00Z", "2017年11月14日 10:30", 43053.75, "43053.75", "2017-11-14\u200e",
     "2017年11月14号", "2017年11月14号 10:30", "2017-11-13T16:00:00.000Z", "2017-11-14T00:00:00+08:00", "2017-11-14T23:59:59.9+0800",
     "2017-11-13T15:59:17.000Z",
     "2017-11-13 16:00:00 UTC", "2017-11-13T22:00-0500", "2017-11-14Z", "2017-11-14+08:00", "2017-11-14 08:00:00 +08",
     datetime.datetime(2017, 11, 13, 16, tzinfo=datetime.UTC)],
)  # fmt: skip
def test_every_way_of_writing_a_day_is_read(written: object) -> None:
    assert clean_date(written) == DAY


@pytest.mark.parametrize("written", ["2017.11", "2017年11月", "2017-11", 2017.11])
def test_a_month_alone_becomes_its_first_with_a_warning(written: object) -> None:
    read = clean_date(written)
    assert isinstance(read, Doubtful)
    assert (read.value, read.code) == (datetime.date(2017, 11, 1), "approximate_date")
    assert "10月" not in read.message


@pytest.mark.parametrize("written", ["2017.1", 2017.1])
def test_a_month_that_excel_may_have_made_of_october_is_said_to_be_doubtful(written: object) -> None:
    read = clean_date(written)
    assert isinstance(read, Doubtful)
    assert read.value == datetime.date(2017, 1, 1)
    assert "2017年10月" in read.message


@pytest.mark.parametrize(
    "written",
    [
        "2018-13-05",
        "2019-02-30",
        "去年",
        "2018年二季度",
        "90年代",
        "2017年底",
        "14/11/2017",
        "2017-11-14-15",
        "2017-11-14T24:00:00Z",
        "2017-11-14T10:00:00+30:00",
        "9999-12-31T23:00:00Z",
        "1900-01-01T00:00:00+14:00",
        "0",
        3,
        "",
        "00001",
        datetime.date(1899, 12, 30),
        datetime.datetime(1899, 12, 31),
    ],
)
def test_anything_else_is_no_date(written: object) -> None:
    with pytest.raises(CellRefusedError) as refused:
        clean_date(written)
    assert refused.value.code == "bad_date"


@pytest.mark.parametrize(
    ("written", "number"),
    [("1,200", "1200"), ("520㎡", "520"), ("520平方米", "520"), ("2.5万", "25000"), ("１，２００", "1200"), ("１２０平方米", "120"),
     (" 520 ", "520"), (520, "520"), (520.5, "520.5"), ("0", "0"), (0, "0"), ("1e3", "1000"), ("373.3 ㎡", "373.3"),
     ("￥25,000.00", "25000"), ("¥25000元整", "25000"), ("520平方", "520"), ("286口人", "286"), ("93（户）", "93"),
     ("93(户)", "93"), ("12.5（万元）", "125000"), ("520（平方米）", "520"), (299.99999999999994, "300"), (0.1 + 0.2, "0.3")],
)  # fmt: skip
def test_every_way_of_writing_a_number_is_read(written: object, number: str) -> None:
    assert cleaning.clean_number(written) == Decimal(number)


def test_about_is_read_with_a_warning() -> None:
    read = cleaning.clean_number("约520㎡")
    assert isinstance(read, Doubtful)
    assert (read.value, read.code) == (Decimal(520), "approximate_number")


@pytest.mark.parametrize("written", ["500-600", "500多", "500余人", "500～600"])
def test_a_range_is_an_error_of_its_own(written: str) -> None:
    with pytest.raises(CellRefusedError) as refused:
        cleaning.clean_number(written)
    assert refused.value.code == "approximate_number"


@pytest.mark.parametrize(
    "written", ["五百", "三百户左右", "面积大", "85%", "1,20", "--5", "三四十", "1e1000000", "9e999999999"]
)
def test_words_are_no_numbers(written: str) -> None:
    with pytest.raises(CellRefusedError) as refused:
        cleaning.clean_number(written)
    assert refused.value.code == "bad_number"


@pytest.mark.parametrize(
    "raw", ["286户720人", "720人286户", "共286户，720人", "520㎡300㎡", "20万元5000元", "约286户720人"]
)
@pytest.mark.parametrize("units", [{"户"}, {"人", "口"}, cleaning.ANY_UNITS])
def test_several_numbers_in_one_cell_are_called_so_whatever_the_column_counts(raw: str, units: set[str]) -> None:
    with pytest.raises(CellRefusedError, match="写了几个数，只能填一个") as refused:
        cleaning.clean_number(raw, units=units)
    assert refused.value.code == "bad_number"


@pytest.mark.parametrize(
    ("raw", "number"), [("2.5万元", 25_000), ("520m2", 520), ("5000元整", 5_000), ("286口人", 286), ("1,286户", 1_286)]
)
def test_one_number_with_its_unit_is_not_taken_for_several(raw: str, number: int) -> None:
    assert cleaning.clean_number(raw) == number


def test_a_count_is_never_negative_nor_a_fraction() -> None:
    with pytest.raises(CellRefusedError) as negative:
        cleaning.clean_integer(-12, maximum=100)
    assert negative.value.code == "negative_number"
    with pytest.raises(CellRefusedError) as fraction:
        cleaning.clean_integer("1.5", maximum=100)
    assert fraction.value.code == "bad_number"


def test_ten_thousands_of_yuan_are_exact() -> None:
    assert cleaning.clean_decimal(27.5968, places=2, maximum=Decimal(10**9), multiplier=Decimal(10_000)) == Decimal(
        "275968.00"
    )


@pytest.mark.parametrize(
    ("written", "yuan"), [(12.5, "125000"), ("12.5", "125000"), ("12.5万元", "125000"), ("12.5万", "125000"),
                          ("125000元", "125000"), ("0.00001234", "0.12"), ("0.0000125", "0.13")]
)  # fmt: skip
def test_a_cell_that_names_its_unit_is_not_multiplied_by_its_columns(written: object, yuan: str) -> None:
    read = cleaning.clean_decimal(written, places=2, maximum=Decimal(10**9), multiplier=Decimal(10_000))
    assert read == Decimal(yuan)


@pytest.mark.parametrize(
    "written",
    ["党员室、议事厅", "党员室\t议事厅", "党员室 议事厅", "党员室\n议事厅", "党 员 室，议事厅", "党员室；议事厅"],
)
def test_a_list_is_read_however_it_is_separated(written: str) -> None:
    assert cleaning.items_of(written) == ["党员室", "议事厅"]


@pytest.mark.parametrize(("written", "value"), [("是", True), ("√", True), (1, True), ("Y", True), (1.0, True), (True, True), ("有", True),
                                                ("☑", True), ("☑\ufe0f", True), ("■是□否", True), ("□是 ■否", False), ("是☑否☐", True),
                                                ("☐是☒否", False), ("是（√）否（ ）", True), ("☐", False),
                                                ("否", False), ("×", False), (0, False), ("n", False), ("无", False)])  # fmt: skip
def test_yes_and_no(written: object, value: bool) -> None:
    assert cleaning.clean_boolean(written) is value


@pytest.mark.parametrize("written", ["□是□否", "■是■否", "是否", "☒", "□", "■"])
def test_boxes_that_say_nothing_definite_are_refused(written: str) -> None:
    with pytest.raises(CellRefusedError) as refused:
        cleaning.clean_boolean(written)
    assert refused.value.code == "bad_boolean"


@pytest.mark.parametrize(
    "written",
    [
        "无",
        "/",
        "—",
        "暂无",
        "-",
        " ",
        "\u3000",
        "",
        "null",
        "NULL",
        "undefined",
        "NaN",
        "None",
        "<null>",
        "Null",
        "ｎｕｌｌ",
        "NaT",
        "<NA>",
        "N/A",
        "(null)",
        "⽆",
        "\t",
    ],
)
def test_a_cell_that_says_nothing_is_blank(written: str) -> None:
    assert cleaning.is_blank(written)


@pytest.mark.parametrize("written", [2.0181404020000012e19, "2.01814E+19"])
def test_a_long_number_that_excel_has_cut_is_refused_not_kept(written: object) -> None:
    with pytest.raises(CellRefusedError) as refused:
        TextColumn(None, "certificate_number", "证书编号", max_length=30).clean(written)
    assert refused.value.code == "damaged_id_number"
    with pytest.raises(CellRefusedError, match="文本") as refused:
        CreditCodeColumn(None, "credit_code", "信用代码").clean(written)
    assert refused.value.code == "bad_credit_code"


@pytest.mark.parametrize("written", [0, "0", 0.0, False])
def test_a_zero_is_not_a_blank(written: object) -> None:
    assert not cleaning.is_blank(written)


@given(st.dates(min_value=datetime.date(1950, 1, 1), max_value=datetime.date(2100, 12, 31)))
def test_every_day_survives_every_way_of_writing_it(day: datetime.date) -> None:
    for form in ("%Y.%m.%d", "%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"):
        assert clean_date(day.strftime(form)) == day
    serial = (day - datetime.date(1899, 12, 30)).days
    if 1990 <= serial // 10 <= 2035:  # a year and a month may have been meant: 20186
        with pytest.raises(CellRefusedError):
            clean_date(float(serial))
    else:
        assert clean_date(float(serial)) == day


@given(
    st.datetimes(min_value=datetime.datetime(1950, 1, 2), max_value=datetime.datetime(2100, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M:%S"]),
    st.sampled_from(["{}:{}", "{}{}", " {}{}"]),
)
def test_a_time_of_any_zone_is_the_day_in_beijing(
    moment: datetime.datetime, minutes: int, form: str, zone: str
) -> None:
    offset = datetime.timezone(datetime.timedelta(minutes=minutes))
    written = zone.format(f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}", f"{abs(minutes) % 60:02}")
    beijing = moment.replace(tzinfo=offset).astimezone(ZoneInfo("Asia/Shanghai"))
    assert clean_date(moment.strftime(form) + written) == beijing.date()
    in_utc = moment.replace(tzinfo=datetime.UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    assert clean_date(moment.isoformat() + "Z") == in_utc.date()


@pytest.mark.parametrize(
    ("written", "value"),
    [(-0.001, "0.00"), ("-0.004", "0.00"), (99_999_999.994, "99999999.99"), ("99999999.9949", "99999999.99")],
)
def test_an_area_is_rounded_before_its_bounds_are_compared(written: object, value: str) -> None:
    read = cleaning.clean_decimal(written, places=2, maximum=Decimal("99999999.99"))
    assert str(read) == value


@pytest.mark.parametrize(
    ("written", "code"), [(-0.006, "negative_number"), ("99999999.995", "bad_number"), (1e300, "bad_number")]
)
def test_what_is_out_of_bounds_when_rounded_is_refused(written: object, code: str) -> None:
    with pytest.raises(CellRefusedError) as refused:
        cleaning.clean_decimal(written, places=2, maximum=Decimal("99999999.99"))
    assert refused.value.code == code


MOMENT = datetime.datetime(2020, 6, 1, 10, 30)


@pytest.mark.parametrize(
    ("written", "shown"),
    [(datetime.date(2020, 6, 1), "2020/6/1"), (MOMENT, "2020/6/1 10:30"), (datetime.time(3, 5), "3:05"), (True, "TRUE"),
     (False, "FALSE"), ("TRUE", "TRUE"), ("false", "FALSE"),
     ("2018-03-05T00:00:00.000Z", "2018-03-05T00:00:00.000Z"), ("2020-06-01 00:00:00", "2020-06-01 00:00:00")],
)  # fmt: skip
def test_a_cell_that_excel_has_altered_is_refused_in_a_name_and_doubted_elsewhere(written: object, shown: str) -> None:
    with pytest.raises(CellRefusedError, match=shown) as refused:
        TextColumn(None, "name", "名称", max_length=100).clean(written)
    assert refused.value.code == "damaged_text"
    with pytest.raises(CellRefusedError, match="文本") as refused:
        ListColumn(None, "communities", "服务社区", max_length=100).clean(written)
    assert refused.value.code == "damaged_text"
    for column in (PlaceCodeColumn(None, "community_code", "社区代码"), CreditCodeColumn(None, "code", "信用代码")):
        with pytest.raises(CellRefusedError, match=shown) as refused:
            column.clean(written)
        assert refused.value.code == "damaged_text"
    read = TextColumn(Posting, "position", "岗位").clean(written)
    assert isinstance(read, Doubtful)
    kept = shown if isinstance(written, bool) else cleaning.as_text(written)
    assert (read.value, read.code) == (kept, "damaged_text")
    assert shown in read.message


@pytest.mark.parametrize("written", ["2020/6/1", "Jun-20", "1-Jun", "6月20日"])
def test_a_name_that_looks_as_excel_writes_a_date_is_doubted(written: str) -> None:
    read = TextColumn(None, "name", "名称", max_length=100).clean(written)
    assert isinstance(read, Doubtful)
    assert (read.value, read.code) == (written, "damaged_text")
    assert TextColumn(Posting, "position", "岗位").clean(written) == written


@pytest.mark.parametrize(
    "written", ["2020-6", "2020-06-01号", "YS2020/6/1", "3", 3, 3.5, "true love", "生日", "12月书画社"]
)
def test_other_texts_are_no_dates_of_excel(written: object) -> None:
    assert TextColumn(None, "name", "名称", max_length=100).clean(written) == cleaning.as_text(written)


@pytest.mark.parametrize("written", [140423100206, 140423100206.0, "140423100206.0", "'140423100206", "1404 2310 0206"])
def test_a_community_code_is_read_whatever_program_has_written_it(written: object) -> None:
    assert PlaceCodeColumn(None, "community_code", "社区代码").clean(written) == "140423100206"


@pytest.mark.parametrize("written", [140423100206, 140423100206.0, "140423100206.0", "西垴头村、140423100206.00"])
def test_a_community_code_in_a_list_is_read_whatever_program_has_written_it(written: object) -> None:
    read = ListColumn(None, "communities", "服务社区", max_length=99).clean(written)
    assert isinstance(read, str)
    assert read.split("、")[-1] == "140423100206"


def test_a_code_that_excel_has_shortened_is_told_apart() -> None:
    with pytest.raises(CellRefusedError, match=r"缩短成1.40423E\+11") as refused:
        PlaceCodeColumn(None, "community_code", "社区代码").clean("1.40423E+11")
    assert refused.value.code == "damaged_id_number"


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.dates()))
def test_whatever_stands_in_a_cell_is_read_or_refused(written: object) -> None:
    def count(raw: object) -> object:
        return cleaning.clean_integer(raw, maximum=10**9)

    def area(raw: object) -> object:
        return cleaning.clean_decimal(raw, places=2, maximum=Decimal(10**8))

    for clean in (clean_date, count, area, cleaning.clean_boolean):
        try:
            clean(written)
        except CellRefusedError as refused:
            assert str(refused)


@pytest.mark.parametrize("written", ["2020-06-01 00:00:00", "true", "2020/6/1"])
def test_a_remark_may_be_a_time(written: str) -> None:
    assert TextColumn(Community, "note", "备注").clean(written) == written


@pytest.mark.parametrize("written", [datetime.date(2020, 6, 1), True])
def test_a_cell_of_remarks_that_excel_has_altered_is_doubted(written: object) -> None:
    read = TextColumn(Community, "note", "备注").clean(written)
    assert isinstance(read, Doubtful)
    assert read.code == "damaged_text"
