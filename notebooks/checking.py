"""`check`: what an exercise says of an answer, in the notebook's language.

    check(lambda: kappa(truth, truth), 1, "who agrees on everything has 1")
    check(lambda: head, 385, hint="one weight an input, and the bias")
    check.right("One label in five wrong: kappa 0.60")

A wrong answer raises `NotRight`, a missing one `NotDone`; a notebook shows the message
alone, without a traceback.
"""

import inspect
import linecache
from collections import Counter

from comparing import differs, is_missing, number, show

WORDS = {
    "nothing": (
        "Nothing here yet: it is still `...`. Replace the `...` with your code.",
        "这里还没有答案（得到的是 `...`）。请把 `...` 换成你的代码。",
    ),
    "none": (
        "None is no answer here: is a `...` to be replaced, or a `return` missing?",
        "得到的是 None：是不是还有 `...` 没换成代码，或者漏写了 `return`？",
    ),
    "name": (
        "`{name}` is not there yet: replace the `...` with your code, run that cell, "
        "then this one.",
        "还没有 `{name}`：请把 `...` 换成你的代码，先运行那一格，再运行这一格。",
    ),
    "stopped": (
        "Your code stops with {kind}: {error}{place}",
        "你的代码运行时出错，{kind}：{error}{place}",
    ),
    "line": ("\n  line {line}: {code}", "\n  第 {line} 行：{code}"),
    "because": ("{difference}\n  {why}", "{difference}\n  {why}"),
    "between": (
        "expected a number from {low} to {high}, yours {given}",
        "应在 {low} 到 {high} 之间，你的是 {given}",
    ),
    "truth": (
        "expected True or False, yours {given}",
        "应为 True 或 False，你的是 {given}",
    ),
    "hint": ("\nHint: {hint}", "\n提示：{hint}"),
    "right": ("Right.", "正确。"),
}


class Message(AssertionError):
    """What a check says; a notebook shows it without a traceback."""

    def _render_traceback_(self):
        return [f"\x1b[31m✗\x1b[0m {self}"]


class NotDone(Message):
    """There is no answer yet."""


class NotRight(Message):
    """The answer is wrong: the message says what was expected."""


class Stopped(Message):
    """The student's code raised an exception: the message says which, and its line."""


class Check:
    """The checks of a notebook; see the module's example."""

    def __init__(self, language="en"):
        """Args: language: "en" or "zh". Defaults to "en"."""
        self.language = language
        self._tries = Counter()

    def __call__(self, answer, expected, why="", hint="", within=1e-4):
        """Pass if the answer is as expected; raise what is wrong with it otherwise.

        Args:
            answer: a value, or a function without arguments that returns it. Write
                `lambda: …` where a name may not be there yet, or the code may fail.
            expected: a number, bool, string, array, DataFrame, list, tuple, set or
                dictionary. Numbers may be NumPy's or Keras'.
            why: str, the reason, shown under the difference. Defaults to none.
            hint: str, shown from the second wrong try on. Defaults to none.
            within: float, by how much a number may differ, absolute and relative.
                Defaults to 1e-4.

        Returns:
            The answer.
        """
        value = self.given(answer)
        if difference := differs(value, expected, within, self.language):
            self._refuse(difference, why, hint)
        return value

    def that(self, condition, message, hint=""):
        """Pass if a condition, a bool or a `lambda`, is true; raise `message` if not.

        For what has no one right answer: "each seed draws other labels".
        """
        value = self.given(condition)
        try:
            holds = bool(value)
        except (TypeError, ValueError):  # an array has no truth
            self._refuse(self._say("truth", given=show(value)), message, hint)
        if not holds:
            self._refuse(message, "", hint)

    def between(self, answer, low, high, why="", hint=""):
        """Pass if the answer is a number from `low` to `high`; return it."""
        value = self.given(answer)
        given = number(value)
        if given is None or not low <= given <= high:
            bounds = {"low": show(low), "high": show(high), "given": show(value)}
            self._refuse(self._say("between", **bounds), why, hint)
        return value

    def given(self, answer):
        """Return an answer; raise `NotDone` if there is none, `Stopped` if it fails."""
        if not inspect.isfunction(answer):
            value = answer
        else:
            try:
                value = answer()
            except Message:
                raise
            except Exception as error:
                raise self._stopped(answer, error) from None
        if is_missing(value):
            raise NotDone(self._say("nothing" if value is ... else "none"))
        return value

    def right(self, more=""):
        """Print that the exercise is solved, and `more`; tries are counted anew."""
        self._tries.clear()
        blank = " " if more and self.language == "en" else ""
        print(f"{self._say('right')}{blank}{more}")

    def _stopped(self, answer, error):
        frames = []
        trace = error.__traceback__
        while trace:
            frames.append((trace.tb_frame.f_code, trace.tb_lineno))
            trace = trace.tb_next
        is_here = frames[-1][0] is answer.__code__
        if isinstance(error, NameError) and is_here and error.name:
            return NotDone(self._say("name", name=error.name))
        # The student's own is the last line in a cell, but for the cell that checks.
        here = answer.__code__.co_filename
        own = [f for f in frames if _is_cell(f[0]) and f[0].co_filename != here]
        place = ""
        if own:
            code = linecache.getline(own[-1][0].co_filename, own[-1][1]).strip()
            place = self._say("line", line=own[-1][1], code=code)
        kind, said = type(error).__name__, first_line(error)
        return Stopped(self._say("stopped", kind=kind, error=said, place=place))

    def _refuse(self, difference, why, hint):
        said = difference[0].upper() + difference[1:]
        if why:
            said = self._say("because", difference=said, why=why)
        key = hint or why or difference
        self._tries[key] += 1
        if hint and self._tries[key] > 1:
            said += self._say("hint", hint=hint)
        raise NotRight(said)

    def _say(self, key, /, **values):
        return WORDS[key][self.language == "zh"].format(**values)


def first_line(error):
    """Return what an exception says, at most 200 characters: a graph's goes on."""
    lines = str(error).strip().splitlines() or [""]
    return lines[0] if len(lines[0]) <= 200 else f"{lines[0][:199]}…"


def _is_cell(code):
    name = code.co_filename
    return "ipykernel_" in name or name.startswith("<ipython-input")
