"""What `instructions.py` and its peer share: the pairs, the scores, the clock.

Imports neither TensorFlow nor PyTorch, so that each worker pays for its own only.
"""

import json
import os
import re
import statistics
import time
from pathlib import Path

from drawn_orders import draw

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "data" / "instructions"
ROOM = 48  # tokens of an answer at most; the longest of those wanted has 31
DRAWN = "drawn orders"  # a task without files


def read_pairs(task, part, count=None):
    """Return prompts and answers of a task, as lists; the first `count` of them."""
    if task == DRAWN:
        learned, tested = draw(128), draw(42, seed=1, without=draw(128)[0])
        return [each[:count] for each in (learned if part == "train" else tested)]
    name, chinese, _ = task.partition("_zh")
    folder = FOLDER.with_name("instructions_zh") if chinese else FOLDER
    lines = (folder / f"{name}_{part}.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines[:count]]
    return [prompt for prompt, _ in pairs], [answer for _, answer in pairs]


def read_general():
    """Return ten questions, and of each a list of the words that answer it."""
    lines = (FOLDER / "general.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines]
    return [asked for asked, _ in pairs], [right.split(" | ") for _, right in pairs]


def words(text):
    """Return a text's words, in small letters."""
    return re.findall(r"\w+", text.casefold())


def f1(wanted, given):
    """Return F1 of two lists as sets: 0 if they share nothing."""
    wanted, given = {*wanted}, {*given}
    return 2 * len(wanted & given) / max(1, len(wanted) + len(given))


def softer(task, wanted, given):
    """Return how much of an answer is right, from 0 to 1, where all of it is a lot."""
    if task in ("orders", "orders_zh", DRAWN):
        return f1(*([each.strip() for each in t.split(";")] for t in (wanted, given)))
    if task == "complaints":
        return float(words(wanted)[:2] == words(given)[:2])
    if task in ("calendar", "calendar_zh"):
        right = json.loads(wanted)
        try:
            said = json.loads(given)
        except ValueError:
            return 0.0
        said = said if isinstance(said, dict) else {}
        _, *asked = right  # what, day, time, or in Chinese
        return sum(said.get(k, "") == right[k] for k in asked) / len(asked)
    return f1(words(wanted), words(given))


def score(task, wanted, given, ended):
    """Return the three measures of a list of answers."""
    pairs = list(zip(wanted, [text.strip() for text in given], strict=True))
    return {
        "exact": statistics.fmean(one == other for one, other in pairs),
        "softer": statistics.fmean(softer(task, *pair) for pair in pairs),
        "ended": statistics.fmean(map(float, ended)),
    }


def knows(right, given):
    """Return the share of the general questions that are answered with a right word."""
    found = [
        any(word.casefold() in words(text) for word in accepted)
        for accepted, text in zip(right, given, strict=True)
    ]
    return statistics.fmean(found)


class Steps:
    """What each step takes; the first one traces, or warms up."""

    def __init__(self):
        self.found = []

    def begin(self):
        """Start the clocks."""
        self.started = time.perf_counter(), time.process_time()

    def end(self):
        """Stop them."""
        now = time.perf_counter(), time.process_time()
        self.found.append([b - a for a, b in zip(self.started, now, strict=True)])

    def figures(self):
        """Return the three columns; zeros without steps."""
        names = "seconds_a_step", "processor_a_step", "first_step"
        if len(self.found) < 2:
            return dict.fromkeys(names, 0.0)
        wall, used = map(statistics.median, zip(*self.found[1:], strict=True))
        return dict(zip(names, (wall, used, self.found[0][0]), strict=True))


def report(figures, steps):
    """Print the figures of a process that has done its work, with what it took."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    took = {
        "processor_seconds": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
    }
    print("RESULT " + json.dumps(figures | steps.figures() | took), flush=True)
    os._exit(0)  # what a framework does at exit is not what is measured
