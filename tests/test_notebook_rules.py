"""What the notebooks' sources keep: times, checks, words, terms, the short path."""

import ast
import re
from collections import Counter

import assembling
import prose
import pytest
import source as sources
from IPython.core.inputtransformer2 import TransformerManager

ALL = {sources.name_of(path): path for path in sources.find_sources()}
CHAPTERS = sorted(name for name in ALL if "/" not in name and name != "00_index")
EXERCISES = sorted(name for name in ALL if "/" in name)
CJK = re.compile("[\u4e00-\u9fff]")
# Two words of a sentence; a name such as `train_data.txt` or "e5-small" is none.
ENGLISH = re.compile(r"\b[A-Za-z]{2,}[,:;]? +[a-z]{2,}\b")
# What shows its strings to a reader.
SHOWS = {"print", "check", "that", "between", "right", "display"}
SHOWS |= {"set_title", "set_xlabel", "set_ylabel", "suptitle", "text", "annotate"}
SHOWN = {"title", "xlabel", "ylabel", "label", "suptitle", "hint", "why"}
TIMED = re.compile(r"\w*(?:seconds|elapsed|perf_counter)|minutes|time\.time")


def each(names):
    return pytest.mark.parametrize("name", sorted(names))


def python(code):
    return ast.parse(TransformerManager().transform_cell(code))


def code_of(name, lang="en"):
    cells = assembling.cells_in(ALL[name], lang)
    return [cell for cell in cells if cell.kind == "code"]


def pairs_of(name):
    cells = [c for c in sources.read_source(ALL[name]) if c.kind == "markdown"]
    return [*zip(cells[::2], cells[1::2], strict=True)]


@each({*ALL} - {"00_index"})
def test_a_source_has_its_chinese_words(name):
    assert sources.words_of(ALL[name])


def names_in(node):
    """Return the names that an expression uses: variables, attributes, columns."""
    test = node.test if isinstance(node, ast.Assert) else node
    for part in ast.walk(test):
        if isinstance(part, (ast.Name, ast.Attribute)):
            yield ast.unparse(part)
        if isinstance(part, ast.Attribute):
            yield part.attr
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant):
            yield str(part.slice.value)


@each(CHAPTERS + EXERCISES)
def test_no_claim_is_made_about_seconds(name):
    for cell in code_of(name):
        for node in ast.walk(python(cell.text)):
            claim = isinstance(node, ast.Assert)
            if isinstance(node, ast.Call):
                claim = ast.unparse(node.func) in ("check", "check.that")
            timed = [n for n in names_in(node) if claim and TIMED.fullmatch(n)]
            if timed:
                pytest.fail(f"{ALL[name]}:{cell.line}: print it: {timed}")


@each(EXERCISES)
def test_exercises_are_checked_by_check_alone(name):
    for cell in code_of(name):
        found = [n for n in ast.walk(python(cell.text)) if isinstance(n, ast.Assert)]
        assert not found, f"{ALL[name]}:{cell.line}: `check`, not `assert`"


@each(CHAPTERS + EXERCISES)
def test_two_lists_of_answers_are_not_compared_as_arrays(name):
    """`sft.predict` returns a list: `==` of two is one truth value, not one a row."""
    for cell in code_of(name):
        for node in ast.walk(python(cell.text)):
            if isinstance(node, ast.Compare):
                sides = map(ast.unparse, [node.left, *node.comparators])
                lists = [side for side in sides if side.startswith("sft.predict(")]
                assert len(lists) < 2, f"{ALL[name]}:{cell.line}: np.array(…) one"


def english_shown(code):
    """Return the English sentences that code shows, in figures too."""
    for node in ast.walk(python(code)):
        if not isinstance(node, (ast.Call, ast.Assert)):
            continue
        if isinstance(node, ast.Assert):
            shown = [node.msg] if node.msg else []
        else:
            name = ast.unparse(node.func).rsplit(".", 1)[-1]
            shown = [k.value for k in node.keywords if k.arg in SHOWN]
            if name in SHOWS:
                shown += node.args
        for part in (leaf for value in shown for leaf in ast.walk(value)):
            text = part.value if isinstance(part, ast.Constant) else None
            if isinstance(text, str) and ENGLISH.search(text) and not CJK.search(text):
                yield text


def test_english_sentences_are_seen():
    for code in (
        "print('two words', x)",
        "check(1, 1, 'not so')",
        "assert x, 'no way'",
    ):
        assert [*english_shown(code)], code
    assert [*english_shown("axis.set(title=f'mean of {x}')")] == ["mean of "]
    for code in (
        "print('e5-small', 'a')",
        "f('two words')",
        "print('两个 words here')",
    ):
        assert not [*english_shown(code)], code


@each(CHAPTERS + EXERCISES)
def test_chinese_notebooks_speak_chinese(name):
    for cell in code_of(name, "zh"):
        for text in english_shown(cell.text):
            pytest.fail(f"{ALL[name]}:{cell.line}: not in the table of words: {text!r}")


@pytest.mark.parametrize("lang", sources.LANGUAGES)
def test_a_term_is_marked_once(lang):
    seen = Counter()
    for name in CHAPTERS + EXERCISES:
        for english, chinese in pairs_of(name):
            cell = english if lang == "en" else chinese
            seen.update(term.lower() for term in prose.TERM.findall(cell.text))
    assert [term for term, count in seen.items() if count > 1] == []


@each(CHAPTERS)
def test_a_chapter_is_whole(name):
    cells = [cell for pair in pairs_of(name) for cell in pair]
    assert sum("summary" in cell.tags for cell in cells) == 2, "one pair: summary"
    assert any("short" in cell.tags for cell in cells), "no short path"
    english = [c for c in sources.read_source(ALL[name]) if c.lang != "zh"]
    slides = sum("slide" in cell.tags for cell in english)
    assert 6 <= slides <= 18, f"{slides} slides"
    assert "## Questions" in "".join(cell.text for cell in cells), "no questions"


@each(CHAPTERS)
def test_the_short_path_has_minutes(name):
    was_short = False
    for cell in sources.read_source(ALL[name]):
        is_short = "short" in cell.tags
        if is_short and not was_short and cell.lang != "zh":
            assert cell.minutes > 0, f"{ALL[name]}:{cell.line}: minutes= is missing"
        was_short = is_short


@each(CHAPTERS)
def test_questions_have_a_reason_for_each_choice(name):
    for cell in (cell for pair in pairs_of(name) for cell in pair):
        if not re.search(r"^## (Questions|思考题)$", cell.text, re.M):
            continue
        place = f"{ALL[name]}:{cell.line}"
        answers = re.findall(r"<details>.*?</details>", cell.text, re.S)
        assert len(answers) == 6, f"{place}: {len(answers)} answers, not six"
        said = {"en": "<summary>Answer</summary>", "zh": "<summary>答案</summary>"}
        assert all(said[cell.lang] in text for text in answers), place
        assert len(re.findall(r"^\d+\. ", cell.text, re.M)) >= 9, f"{place}: 6 + 3"
