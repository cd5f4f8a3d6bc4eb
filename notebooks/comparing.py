"""Whether an answer is the expected one, and the difference in a reader's words."""

import math

import numpy as np

WORDS = {
    "value": ("expected {expected}, yours {given}", "应为 {expected}，你的是 {given}"),
    "rounded": (
        "expected {expected}, yours {given}: close. Is it rounded?",
        "应为 {expected}，你的是 {given}：很接近，是不是四舍五入过？",
    ),
    "truth": (
        "expected {expected}, yours is {given}: make a number of it, with int(…)",
        "应为 {expected}，你的是布尔值 {given}：请用 int(…) 转成数",
    ),
    "kind": (
        "expected {expected}, yours is {given}",
        "应为{expected}，你的是{given}",
    ),
    "shape": (
        "expected an array of shape {expected}, yours {given}",
        "数组的形状应为 {expected}，你的是 {given}",
    ),
    "length": (
        "expected {expected} items, yours {given}: {shown}",
        "应有 {expected} 项，你的有 {given} 项：{shown}",
    ),
    "keys": (
        "expected the keys {expected}, yours {given}",
        "键应为 {expected}，你的是 {given}",
    ),
    "columns": (
        "expected the columns {expected}, yours {given}",
        "表格的列应为 {expected}，你的是 {given}",
    ),
    "at": ("at {place}: {difference}", "在 {place} 处：{difference}"),
}
KINDS = {
    "bool": ("", "布尔值"),
    "number": ("a number", "一个数"),
    "str": ("a string", "字符串"),
    "array": ("an array", "数组"),
    "table": ("a table", "表格"),
    "dict": ("a dictionary", "字典"),
    "list": ("a list", "列表"),
    "set": ("a set", "集合"),
    "other": ("of type {name}", " {name} 类型"),
}


def is_missing(value):
    """Return whether there is no answer: `None` or `...`."""
    return value is None or value is ...


def number(value):
    """Return a number as a float, of Python, NumPy or Keras; `None` if it is none."""
    if isinstance(value, (bool, str)) or value is None:
        return None
    try:
        array = np.asarray(value)
        return float(array) if array.ndim == 0 and array.dtype.kind in "iufb" else None
    except (TypeError, ValueError):
        return None


def show(value):
    """Return a value as a message shows it: short, numbers to four digits."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if (single := number(value)) is not None:
        whole = single.is_integer() and abs(single) < 1e15
        return f"{int(single):,}" if whole else f"{single:.4g}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def kind_of(value):
    """Return the kind of a value, a key of `KINDS`."""
    if isinstance(value, (bool, np.bool_)):
        return "bool"
    if number(value) is not None:
        return "number"
    for kind, types in (("str", str), ("dict", dict), ("set", (set, frozenset))):
        if isinstance(value, types):
            return kind
    if hasattr(value, "columns") or (
        hasattr(value, "index") and hasattr(value, "iloc")
    ):
        return "table"
    if isinstance(value, (list, tuple)):
        return "list"
    return "array" if hasattr(value, "__array__") else "other"


def differs(given, expected, within=1e-4, language="en"):
    """Return how an answer differs from what is expected; `""` if it does not.

    Args:
        given, expected: any two values; a list passes for an array, a tuple for a list,
            an array of bools for one of 0 and 1.
        within: float, absolute and relative tolerance of numbers; of whole ones, which
            are counted and not measured, absolute only. Defaults to 1e-4.
        language: "en" or "zh". Defaults to "en".
    """
    is_chinese = language == "zh"

    def say(name, **values):
        return WORDS[name][is_chinese].format(**values)

    def compare(given, expected):
        kinds = kind_of(given), kind_of(expected)
        if "array" in kinds and "list" in kinds:
            kinds = "array", "array"
        if kinds == ("bool", "number"):
            return say("truth", given=show(given), expected=show(expected))
        if kinds[0] != kinds[1]:
            return say("kind", given=named(given, kinds[0]), expected=shown(expected))
        return {
            "number": numbers, "array": arrays, "table": tables, "dict": dicts,
            "list": lists,
        }.get(kinds[1], plain)(given, expected)  # fmt: skip

    def named(value, kind):
        text = KINDS[kind][is_chinese].format(name=type(value).__name__)
        extra = f" {show(value)}" if kind in ("bool", "number", "str") else ""
        return f"{text}{extra}".strip() if not is_chinese else f"{text}{extra}".rstrip()

    def shown(value):
        kind = kind_of(value)
        simple = kind in ("bool", "number", "str")
        blank = " " if is_chinese else ""
        return f"{blank}{show(value)}" if simple else named(value, kind)

    def numbers(given, expected):
        a, b = number(given), number(expected)
        if a == b or (math.isnan(a) and math.isnan(b)):
            return ""
        whole = a.is_integer() and b.is_integer()
        if math.isclose(a, b, rel_tol=0 if whole else within, abs_tol=within):
            return ""
        close = not whole and math.isclose(a, b, rel_tol=0.01)
        texts = {"given": show(given), "expected": show(expected)}
        if texts["given"] == texts["expected"]:
            texts = {"given": repr(a), "expected": repr(b)}
        return say("rounded" if close else "value", **texts)

    def arrays(given, expected):
        try:
            a, b = np.asarray(given), np.asarray(expected)
        except (TypeError, ValueError):  # rows of different lengths
            return say("kind", given=named(given, kind_of(given)),
                       expected=named(expected, "array"))  # fmt: skip
        if a.shape != b.shape:
            return say("shape", given=a.shape, expected=b.shape)
        if a.dtype == bool and b.dtype.kind in "iuf" and np.isin(b, (0, 1)).all():
            a = a.astype(int)  # labels[votes > 1] are as good as 0 and 1
        for place in np.ndindex(b.shape):
            if difference := compare(_plain(a[place]), _plain(b[place])):
                where = f"[{', '.join(map(str, place))}]"
                return say("at", place=where, difference=difference)
        return ""

    def tables(given, expected):
        if getattr(given, "shape", None) != expected.shape:
            shapes = {"given": given.shape, "expected": expected.shape}
            return say("shape", **shapes)
        if hasattr(expected, "columns") and [*given.columns] != [*expected.columns]:
            names = {"given": [*given.columns], "expected": [*expected.columns]}
            return say("columns", **names)
        return arrays(given.to_numpy(), expected.to_numpy())

    def dicts(given, expected):
        if given.keys() != expected.keys():
            return say("keys", given=[*given], expected=[*expected])
        for key in expected:
            if difference := compare(given[key], expected[key]):
                return say("at", place=f"[{key!r}]", difference=difference)
        return ""

    def lists(given, expected):
        if len(given) != len(expected):
            lengths = {"given": len(given), "expected": len(expected)}
            return say("length", shown=show(given), **lengths)
        for place, (a, b) in enumerate(zip(given, expected, strict=True)):
            if difference := compare(a, b):
                return say("at", place=f"[{place}]", difference=difference)
        return ""

    def plain(given, expected):
        if given == expected:
            return ""
        return say("value", given=show(given), expected=show(expected))

    return compare(given, expected)


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value
