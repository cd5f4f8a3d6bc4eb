"""`check` of the exercises: what it accepts, and what it says in both languages."""

import numpy as np
import pandas as pd
import pytest
from checking import Check, NotDone, NotRight, Stopped
from comparing import differs


def refusal(check, *arguments, **options):
    with pytest.raises(AssertionError) as error:
        check(*arguments, **options)
    return str(error.value)


TABLE = pd.DataFrame({"model": ["a", "b"], "score": [0.5, 1.0]})


@pytest.mark.parametrize(
    "given, expected",
    [
        (1, 1.00001),
        (np.float32(0.1), 0.1),
        (np.array(3), 3),
        (float("nan"), np.nan),
        (True, np.bool_(True)),
        ("a", "a"),
        ([1, 2], np.array([1.0, 2.0])),
        (np.array([True, False]), [1, 0]),
        (1774464.0, 1774464),
        (np.array([[1.0, 2]]), [[1, 2]]),
        ((1, "x"), [1, "x"]),
        ({"a": [1]}, {"a": np.array([1.0])}),
        ({1, 2}, {2, 1}),
        (TABLE.copy(), TABLE),
        (TABLE["score"], pd.Series([0.5, 1.0])),
        (-1e-9, 0),
    ],
)
def test_what_is_equal_passes(given, expected):
    assert differs(given, expected) == ""
    assert Check()(lambda: given, expected) is given


@pytest.mark.parametrize(
    "given, expected, english, chinese",
    [
        (0.6, 8 / 13, "Expected 0.6154, yours 0.6", "应为 0.6154，你的是 0.6"),
        (0.62, 8 / 13, "close. Is it rounded?", "很接近，是不是四舍五入过？"),
        (float("nan"), 1, "Expected 1, yours nan", "应为 1，你的是 nan"),
        (1000, 2500, "Expected 2,500, yours 1,000", "应为 2,500，你的是 1,000"),
        ("x", 1, "Expected 1, yours is a string 'x'", "应为 1，你的是字符串 'x'"),
        (
            True,
            1,
            "Expected 1, yours is True: make a number",
            "你的是布尔值 True：请用 int",
        ),
        (True, "a", "Expected 'a', yours is True", "你的是布尔值 True"),
        (np.array([True]), [2], "At [0]: expected 2, yours is True", "布尔值 True"),
        (1773696, 1774464, "Expected 1,774,464, yours 1,773,696", "1,773,696"),
        (1774463, 1774464, "Expected 1,774,464, yours 1,774,463", "1,774,463"),
        (2, False, "Expected False, yours is a number 2", "应为 False，你的是一个数 2"),
        ("b", "a", "Expected 'a', yours 'b'", "应为 'a'，你的是 'b'"),
        (
            np.ones((5, 1)),
            np.ones(5),
            "Expected an array of shape (5,), yours (5, 1)",
            "数组的形状应为 (5,)，你的是 (5, 1)",
        ),
        (
            [1, 2, 4],
            np.array([1, 2, 3]),
            "At [2]: expected 3, yours 4",
            "在 [2] 处：应为 3，你的是 4",
        ),
        (
            np.array([np.nan, 1]),
            np.ones(2),
            "At [0]: expected 1, yours nan",
            "在 [0] 处：应为 1，你的是 nan",
        ),
        (
            1,
            np.ones(2),
            "Expected an array, yours is a number 1",
            "应为数组，你的是一个数 1",
        ),
        (
            [[1], [1, 2]],
            np.ones((2, 2)),
            "Expected an array, yours is a list",
            "应为数组",
        ),
        ([1], [1, 2], "Expected 2 items, yours 1: [1]", "应有 2 项，你的有 1 项：[1]"),
        ({"a": 1}, {"b": 1}, "the keys ['b'], yours ['a']", "键应为 ['b']"),
        ({"a": 1}, {"a": 2}, "At ['a']: expected 2, yours 1", "在 ['a'] 处：应为 2"),
        (TABLE["score"], TABLE, "of shape (2, 2), yours (2,)", "形状应为 (2, 2)"),
        (TABLE.rename(columns={"score": "x"}), TABLE, "the columns", "表格的列应为"),
        (TABLE.assign(score=1.0), TABLE, "At [0, 1]: expected 0.5", "在 [0, 1] 处"),
        (object(), 1, "yours is of type object", "你的是 object 类型"),
        (lambda: ..., 1, "still `...`", "得到的是 `...`"),
        (None, 1, "or a `return` missing", "或者漏写了 `return`"),
    ],
)
def test_what_differs_is_said_in_both_languages(given, expected, english, chinese):
    assert english in refusal(Check(), given, expected)
    assert chinese in refusal(Check("zh"), given, expected)


def test_a_wrong_count_is_not_taken_for_a_rounded_one():
    for given in (384, 386, 384.0):
        assert "rounded" not in refusal(Check(), given, 385)
    assert "rounded" in refusal(Check(), 384.5, 385)
    assert differs(384, 385, within=1) == ""  # asked for


def test_no_answer_is_no_wrong_answer():
    check = Check()
    for answer in (None, ..., lambda: None, lambda: nowhere):  # noqa: F821
        with pytest.raises(NotDone):
            check(answer, 1, hint="secret")
        with pytest.raises(NotDone):
            check.that(answer, "no")
        with pytest.raises(NotDone):
            check.between(answer, 0, 1)
    assert "`nowhere` is not there yet" in refusal(check, lambda: nowhere, 1)  # noqa: F821
    assert "secret" not in refusal(check, 2, 1, hint="secret")  # the first wrong one


def test_a_reason_stands_below_and_a_hint_after_the_second_try():
    check, options = Check(), {"why": "all agree", "hint": "count"}
    assert refusal(check, 2, 1, **options) == "Expected 1, yours 2\n  all agree"
    again = "Expected 1, yours 3\n  all agree\nHint: count"
    assert refusal(check, 3, 1, **options) == again
    assert "Hint" not in refusal(check, 3, 1, hint="another exercise")
    check.right()
    assert "Hint" not in refusal(check, 3, 1, **options)
    assert refusal(Check("zh"), 2, 1, "都一致") == "应为 1，你的是 2\n  都一致"


def test_other_checks():
    check = Check()
    check.that(True, "no")
    check.that(lambda: [1], "no")
    assert check.between(lambda: 0.5, 0, 1) == 0.5
    assert refusal(check.that, False, "each seed draws other labels").startswith("Each")
    assert "True or False" in refusal(check.that, np.ones(2), "why")
    said = refusal(check.between, 2, 0.4, 0.8, "an accuracy")
    assert said == "Expected a number from 0.4 to 0.8, yours 2\n  an accuracy"
    assert "yours 'x'" in refusal(check.between, "x", 0, 1)
    assert "应在 0 到 1 之间，你的是 nan" in refusal(Check("zh").between, np.nan, 0, 1)


def test_an_exception_of_the_students_code_is_shown_with_its_line():
    names = {"check": Check()}
    code = compile("def f(x):\n    return x / 0", "<ipython-input-1>", "exec")
    exec(code, names)
    with pytest.raises(Stopped) as error:
        names["check"](lambda: names["f"](1), 1)
    said = str(error.value)
    assert said.startswith("Your code stops with ZeroDivisionError: division by zero")
    assert "line 2: " in said


def test_a_line_of_the_cell_that_checks_is_not_called_the_students():
    names = {"check": Check(), "error": ValueError("ranks\n" + "node\n" * 90)}
    code = "def train():\n    raise error\n\ncheck(lambda: train(), 1)"
    with pytest.raises(Stopped) as error:
        exec(compile(code, "<ipython-input-2>", "exec"), names)
    assert str(error.value) == "Your code stops with ValueError: ranks"
    names["error"] = ValueError("x" * 500)
    with pytest.raises(Stopped) as error:
        exec(compile(code, "<ipython-input-2>", "exec"), names)
    assert len(str(error.value)) < 250


def test_right_is_printed(capsys):
    Check().right("kappa 0.60")
    Check("zh").right("kappa 为 0.60")
    Check().right()
    assert capsys.readouterr().out == "Right. kappa 0.60\n正确。kappa 为 0.60\nRight.\n"


def test_a_notebook_shows_the_message_alone():
    assert NotRight("Expected 1")._render_traceback_() == [
        "\x1b[31m✗\x1b[0m Expected 1"
    ]
