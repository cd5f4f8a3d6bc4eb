"""The minutes of the short path: enough to read it, and as the teacher's sheets say."""

import re

import pace
import pages
import pytest
import source as sources

CHAPTERS = [s for s in sources.find_sources() if s.parent.name == "src"]
CHAPTERS = [source for source in CHAPTERS if source.stem != "00_index"]
SHEETS = sorted(sources.FOLDER.glob("teaching/*/[0-9]*.md"))

by_name = pytest.mark.parametrize("source", CHAPTERS, ids=lambda path: path.stem)
in_both = pytest.mark.parametrize("lang", sources.LANGUAGES)


def test_reading_takes_its_time():
    prose = {"line": 1, "lang": "zh", "tags": ("short",)}
    for kind, text, minutes in (
        ("markdown", "word " * 100, 0.5),
        ("markdown", "汉" * 175, 0.5),
        ("markdown", "[four words stand here](https://example.org/a/b/c)", 4 / 200),
        ("markdown", "```mermaid\nA --> B\n```\nword", 1 / 200),
        ("code", "a = 1\n\nb = 2\n", 0.2 + 1 / 3),
    ):
        cell = sources.Cell(kind, text, **prose)
        assert pace.reading_minutes(cell) == pytest.approx(minutes), text


@by_name
@in_both
def test_the_minutes_are_enough_to_read_and_leave_time_to_talk(source, lang):
    """Each stretch may be a quarter too short; a chapter as a whole may not.

    Nor may talking take more than three times as long as reading.
    """
    found = pace.stretches(source, lang)
    for line, minutes, reading in found:
        assert minutes >= 0.75 * reading, f"{source}:{line}: {reading:.1f} to read"
    reading = sum(stretch[2] for stretch in found)
    assert reading <= pages.minutes_of(source) <= 4 * reading, f"{reading:.0f}"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_sheet_shares_out_the_minutes_of_its_chapter(sheet):
    number = sources.number_of(sources.FOLDER / "src" / f"{sheet.stem}.py")
    of_it = [s for s in CHAPTERS if sources.number_of(s) == number]
    if number[0] == 5:  # three notebooks, one sheet
        of_it = [s for s in CHAPTERS if sources.number_of(s)[0] == 5]
    rows = re.findall(r"^\| (\d+) \|", sheet.read_text(encoding="utf-8"), re.M)
    assert sum(map(int, rows)) == sum(map(pages.minutes_of, of_it))
