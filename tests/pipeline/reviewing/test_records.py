"""Reviews and cases: records that are only added, by several people at once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import InputError, StorageError, UnknownNameError
from core.files import home
from pipeline import storage
from pipeline.reviewing import cases, database, desk, exported, index, reviews
from pipeline.reviewing.desk import Filters, chosen, listed
from pipeline.reviewing.severity import Rule, rarity, rules, save, severity
from tests.pipeline.reviewing import made

KEY = made.ROW.key


def test_the_latest_word_counts_and_all_of_them_are_kept():
    reviews.add([KEY], "Ann", verdict="true")
    reviews.add([KEY, "other"], "Ben", reviewed=True, note="a <b>cat</b>")
    reviews.add([KEY], "Ben", verdict="false")
    found = reviews.of(KEY)
    assert (found.reviewed, found.verdict, found.note) == (True, "false", "a <b>cat</b>")
    assert [(one.reviewer, one.verdict) for one in found.records] == [("Ann", "true"), ("Ben", None), ("Ben", "false")]
    assert {name: own.verdict for name, own in found.by_reviewer.items()} == {"Ben": "false", "Ann": "true"}
    assert found.disputed and not reviews.of("other").disputed
    reviews.add([KEY], " Ann ", reviewed=False, verdict="")
    assert (reviews.of(KEY).reviewed, reviews.of(KEY).verdict) == (False, "")
    assert reviews.opinions()[KEY] == reviews.of(KEY)


@pytest.mark.parametrize(
    ("error", "who", "said"),
    [
        (InputError, "  ", {"reviewed": True}),
        (InputError, "A" * 61, {"reviewed": True}),
        (InputError, "Ann\x00", {"reviewed": True}),
        (InputError, "Ann", {}),
        (InputError, "Ann", {"note": "x" * 2001}),
        (UnknownNameError, "Ann", {"verdict": "maybe"}),
    ],
)
def test_a_review_without_a_name_or_a_word_is_refused(error, who, said):
    with pytest.raises(error):
        reviews.add([KEY], who, **said)
    assert reviews.opinions() == {}


@pytest.mark.parametrize("table", database.KEPT)
def test_no_record_can_be_changed_deleted_or_replaced(table):
    reviews.add([KEY], "Ann", verdict="true")
    case = cases.create("Theft", "Ann", [KEY])
    exported.note([KEY], "export")
    for statement in (
        f"UPDATE {table} SET at = 0",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(StorageError, match="records are only added"), database.opened() as opened:
            opened.execute(statement)
    assert reviews.of(KEY).records[0].at > 0 and cases.get(case).events == (KEY,) and exported.latest()[KEY] > 0


def test_a_file_of_a_newer_version_is_left_alone():
    reviews.add([KEY], "Ann", verdict="true")
    with sqlite3.connect(home() / database.FILE) as opened:
        opened.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="newer version"):
        reviews.opinions()


def _review(number):
    for event in range(20):
        reviews.add([f"e{event}"], f"Reviewer {number}", verdict=reviews.VERDICTS[number % 3])


def test_several_reviewers_at_once_lose_no_record():
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(_review, range(3)))
    found = reviews.opinions()
    assert len(found) == 20 and all(len(one.records) == 3 and one.disputed for one in found.values())


def test_a_case_gathers_events_and_tells_its_history():
    case = cases.create(" Theft  at the gate ", "Ann", [KEY, "b"], note="white van")
    cases.add(case, "Ben", ["c", KEY, "c"])
    cases.remove(case, "Ann", ["b", "unknown"])
    cases.note(case, "Ben", "grey van")
    found = cases.get(case)
    assert (found.name, found.note, found.events) == ("Theft at the gate", "grey van", (KEY, "c"))
    assert [(one.who, one.action, one.event) for one in found.records] == [
        ("Ann", "named", ""), ("Ann", "noted", ""), ("Ann", "added", KEY), ("Ann", "added", "b"),
        ("Ben", "added", "c"), ("Ann", "removed", "b"), ("Ben", "noted", ""),
    ]  # fmt: skip
    cases.add(case, "Ann", ["b"])
    cases.rename(case, "Ann", "Theft")
    assert cases.get(case).events == (KEY, "c", "b") and cases.cases()[0].name == "Theft"
    cases.close(case, "Ann")
    assert cases.cases() == [] and cases.cases(closed=True)[0].id == case
    with pytest.raises(InputError, match="'Theft' was closed"):
        cases.add(case, "Ben", ["d"])


@pytest.mark.parametrize(
    "do",
    [
        lambda: cases.create("  ", "Ann"),
        lambda: cases.create("A", ""),
        lambda: cases.create("a\nb\x00", "Ann"),
        lambda: cases.add("none", "Ann", ["e"]),
    ],
)
def test_a_case_without_a_name_or_that_is_not_there_is_refused(do):
    with pytest.raises(InputError):
        do()
    assert cases.cases() == []


def test_severity_is_by_rarity_unless_a_rule_says_otherwise():
    assert [rarity(made.row(per_hour=rate)) for rate in (0.05, 0.1, 0.9, 1.1, None)] == [
        "high", "high", "medium", "low", "unknown",
    ]  # fmt: skip
    truck = made.row(per_hour=30.0)
    save([Rule("truck", "high"), Rule("walkway Truck", "medium", "gate"), Rule("truck", "high", "yard")])
    assert severity(truck, rules()) == "medium", "the rule of its camera, by words of its attributes"
    assert severity(made.row(camera="lane", per_hour=30.0), rules()) == "high"
    assert severity(made.row(label="dog", per_hour=30.0), rules()) == "low"
    assert severity(made.row(kind="fault", per_hour=None), rules()[:1]) == "high"


@pytest.mark.parametrize(("label", "level"), [("", "high"), ("x" * 101, "high"), ("truck", "urgent")])
def test_a_rule_that_is_none_is_refused_with_a_sentence(label, level):
    with pytest.raises(ValueError):
        Rule(label, level)
    (home() / "severity.json").write_text(f'[{{"label": "{label}", "severity": "{level}"}}]')
    with pytest.raises(InputError, match=r"severity\.json, .*correct or delete"):
        rules()


def test_events_are_filtered_and_ordered_by_what_is_said_of_them():
    keys = made.many(60, runs=6)
    reviews.add(keys[:10], "Ann", verdict="true")
    reviews.add(keys[10:12], "Ann", reviewed=True)
    case = cases.create("Theft", "Ann", keys[:2])
    exported.note(keys[1:2], "x")
    found = {one.row.key: one for one in listed(())}
    assert len(found) == 60 and list(found) == [one.row.key for one in chosen(found.values(), Filters())]
    assert {key for key, one in found.items() if one.tab == desk.REVIEWED} == set(keys[:12])
    assert found[keys[0]].cases == ("Theft",) and found[keys[0]].exported is None and found[keys[1]].exported
    take = lambda **filters: {one.row.key for one in chosen(found.values(), Filters(**filters))}  # noqa: E731
    assert take(verdicts=["true"]) == set(keys[:10])
    assert take(verdicts=["none"], labels=["truck"]) == {key for n, key in enumerate(keys) if n >= 10 and n % 3 == 0}
    assert take(cameras=["gate1"], day="2026-11-02") == {key for n, key in enumerate(keys) if n % 28 == 1 == n % 7}
    ranked = [one.severity for one in chosen(found.values(), Filters(), "most severe first")]
    assert ranked == sorted(ranked, key=["high", "medium", "low"].index)
    weeks = desk.month(found.values(), 2026, 11)
    assert sum(count for week in weeks for _, count in week) == 60 and weeks[0][:6] == [(0, 0)] * 6
    assert desk.reviewed_runs() == {key.split("/")[0] for key in keys[:12]} and len(desk.case_runs()) == 2
    kept = storage.protected_runs()
    assert set(kept.values()) == {"reviewed", "in a case"} and len(kept) == 6
    cases.close(case, "Ann")
    assert desk.case_runs() == set() and set(storage.protected_runs().values()) == {"reviewed"}


def test_ten_thousand_events_are_listed_filtered_and_sorted_in_a_second():
    import time

    keys = made.many(10_000)
    for start in range(0, 3000, 500):
        reviews.add(keys[start : start + 500], "Ann", verdict="false")
    began = time.process_time()
    wanted = Filters(cameras=["gate1"], verdicts=["false"])
    found = chosen(listed((Rule("truck", "high"),)), wanted, "most severe first")
    assert time.process_time() - began < 1.0
    assert len(found) == sum(n % 7 == 1 for n in range(3000))
    assert index.get(keys[-1]).key == keys[-1]


def test_rules_that_cannot_be_read_are_kept_beside_those_that_take_their_place():
    (home() / "severity.json").write_text("[{'label': 'truck'}")
    save([Rule("truck", "high")])
    assert [rule.label for rule in rules()] == ["truck"]
    assert (home() / "severity.damaged").read_text() == "[{'label': 'truck'}"
