"""Visits of a shop's users: read, sorted, told apart; what is wrong is named."""

import datetime
import gzip
import warnings

import numpy as np
import pytest

import sftkeras as sft
from sftkeras.data.visits import load_visits
from sftkeras.scenarios import recommendation


def lines_of(users=60, visits=26, group=None, title=False):
    """Lines of a shop: user u takes items u, u + 1, … at times 100 u, 100 u + 1, …"""
    lines = []
    for user in range(users):
        for visit in range(visits):
            item = (user + visit) % 40
            line = f"u{user},i{item},{100 * user + visit}"
            line += f",thing {item}" if title else ""
            line += f",{group(user)}" if group else ""
            lines.append(line)
    return lines


def as_date(hours):
    start = datetime.datetime(2025, 1, 1)
    return (start + datetime.timedelta(hours=hours)).isoformat()


def write(folder, lines, head="user,item,time"):
    path = folder / "shop.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(params=["number", "date"])
def two_groups(request, tmp_path):
    lines = lines_of(group=lambda user: "west" if user % 3 else "east", title=True)
    if request.param == "date":
        rows = [line.split(",") for line in lines]
        lines = [",".join([*row[:2], as_date(int(row[2])), *row[3:]]) for row in rows]
    return write(tmp_path, lines[::-1], "User,ITEM,time,title,group")


def test_histories_are_in_the_order_of_time_and_users_in_that_of_arrival(tmp_path):
    lines = lines_of(group=lambda user: "late" if user >= 40 else "early", title=True)
    path = write(tmp_path, lines[::-1], "user,item,time,title,group")
    found = load_visits(path)
    assert found.groups.tolist() == [f"u{user}" for user in range(40, 60)]
    assert len(found.shop.others) == 40 and found.shop.groups == ("early", "late")
    first = [found.shop.items[item] for item in found.inputs[0][:3]]
    assert first == ["i0", "i1", "i2"]  # of user 40: (40 + visit) % 40
    titles = dict(zip(found.shop.items, found.shop.titles, strict=True))
    assert titles["i7"] == "thing 7"
    assert "20 users of the group 'late', after 40 of 'early'; 40 items" in repr(found)


def test_two_groups_are_read_with_numbers_and_with_dates(two_groups):
    found = load_visits(two_groups)
    assert {len(found), len(found.shop.others)} == {20, 40}
    assert all(len(history) == 26 for history in found.inputs)


def test_taking_rows_keeps_the_shop(tmp_path):
    lines = lines_of(group=lambda user: "late" if user >= 40 else "early")
    found = load_visits(write(tmp_path, lines, "user,item,time,group"))
    part = found.take([3, 1])
    assert part.shop is found.shop and part.groups.tolist() == ["u43", "u41"]


def test_without_groups_the_last_to_arrive_are_new(tmp_path):
    with pytest.warns(UserWarning, match="new are the last 18 users"):
        found = load_visits(write(tmp_path, lines_of()))
    assert found.groups.tolist() == [f"u{user}" for user in range(42, 60)]
    assert found.shop.titles is None


def test_a_second_visit_to_an_item_is_left_out_and_told(tmp_path):
    lines = lines_of(group=lambda user: "b" if user >= 40 else "a")
    lines += ["u41,i1,4199,b", "u41,i2,4198,b"]
    with pytest.warns(UserWarning, match="2 visits repeat an earlier one"):
        found = load_visits(write(tmp_path, lines, "user,item,time,group"))
    assert len(found.inputs[1]) == 26


def test_users_with_few_visits_are_left_out_and_told(tmp_path):
    lines = [*lines_of(group=lambda u: "b" if u >= 40 else "a"), "x,i1,5,a", "y,i1,6,b"]
    with pytest.warns(UserWarning, match="2 users with fewer than 25 visits"):
        assert len(load_visits(write(tmp_path, lines, "user,item,time,group"))) == 20


def test_one_title_of_two_items_is_told(tmp_path):
    lines = [
        line.replace(",thing 7,", ",thing 8,")
        for line in lines_of(group=lambda user: user % 2, title=True)
    ]
    path = write(tmp_path, lines, "user,item,time,title,group")
    with pytest.warns(UserWarning, match="1 titles .*'thing 8' is 'i7', 'i8'"):
        assert len(load_visits(path).shop.items) == 40


def test_a_header_may_have_blanks_and_a_title_line_breaks(tmp_path):
    lines = lines_of(group=lambda user: user % 2, title=True)
    lines = [line.replace("thing 7,", '"thing\n""7""",') for line in lines]
    path = write(tmp_path, lines, "User ID,Item,Date,Title,Group")
    shop = load_visits(path).shop
    assert shop.titles[shop.items.index("i7")] == 'thing\n"7"'


GROUPED = "user,item,time,group"


def changed(line, to, **options):
    def make():
        lines = lines_of(**options)
        lines[line] = to
        return lines

    return make


WRONG = {
    "no time": (lambda: ["u,i"], "user,item", "needed is a header.*Missing: time"),
    "an empty cell": (changed(2, "u0,,3"), None, r"line 4:.*'item' is empty"),
    "a time that is none": (
        changed(5, "u0,i5,last week"),
        None,
        r"shop\.csv, line 7: a time is a number or an ISO date.*'last week'",
    ),
    "an infinite time": (changed(5, "u0,i5,inf"), None, r"line 7.*Received: 'inf'"),
    "two kinds of time": (changed(0, "u0,i0,2025-03-14"), None, "dates in others"),
    "an item with two titles": (
        changed(3, "u0,i3,3,another", title=True),
        "user,item,time,title",
        r"line \d+: the item 'i3' has two titles: '.*' and '.*'",
    ),
    "an item without title": (
        lambda: [line.replace(",thing 7", ",") for line in lines_of(title=True)],
        "user,item,time,title",
        "give each item a title, or none.*'i7'",
    ),
    "few users": (
        lambda: lines_of(users=49),
        None,
        r"needed are 50 users or more with 25 visits each. Received: 49 such users",
    ),
    "few items": (
        lambda: [
            f"u{user},i{visit},{100 * user + visit}"
            for user in range(60)
            for visit in range(29)
        ],
        None,
        r"needed are 30 items or more.*Received: 29",
    ),
    "a quote that is not closed": (
        changed(8, 'u0,i8,8,"5 inch', title=True),
        "user,item,time,title",
        r"shop\.csv, line 10: a quote is opened and never closed",
    ),
    "short histories": (lambda: lines_of(visits=24), None, "0 such users, of 60"),
    "three groups": (
        lambda: lines_of(group=lambda user: user % 3),
        GROUPED,
        r"must name two groups.*Received: \['0', '1', '2'\]",
    ),
    "a user in two groups": (
        changed(4, "u0,i4,4,b", group=lambda user: "a"),
        GROUPED,
        "line 6: the user 'u0' is in two groups: 'a' and 'b'",
    ),
    "a small group": (
        lambda: lines_of(group=lambda user: "b" if user > 54 else "a"),
        GROUPED,
        "each group needs 10 users or more.*'b': 5",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(tmp_path, case):
    lines, head, message = WRONG[case]
    with pytest.raises(sft.InputError, match=message), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        load_visits(write(tmp_path, lines(), head or "user,item,time"))


def test_a_missing_an_empty_and_a_broken_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_visits(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("\n")
    with pytest.raises(sft.InputError, match="empty"):
        load_visits(tmp_path / "empty.csv")
    (tmp_path / "broken.csv.gz").write_bytes(b"user,item,time\n")
    with pytest.raises(sft.InputError, match="no gzip file"):
        load_visits(tmp_path / "broken.csv.gz")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"user,item,time\n" * 99)[:-9])
    with pytest.raises(sft.InputError, match="no gzip file"):
        load_visits(tmp_path / "cut.csv.gz")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_our_own_shop_keeps_its_own_rules(language):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = recommendation.load_examples(language=language)
    shop = found.shop
    assert len({*shop.titles}) == len(shop.titles) == 420
    assert len(found) == 400 and shop.groups == ("web", "app")
    histories = [*found.inputs, *shop.others]
    assert all(len(np.unique(history)) == 40 for history in histories)
    chinese = [any("\u4e00" <= c <= "\u9fff" for c in title) for title in shop.titles]
    assert all(chinese) if language == "zh" else not any(chinese)
