"""Measures of classifications as text: a page, however many classes there are."""

import numpy as np

from sftkeras import language
from sftkeras.errors import printable
from sftkeras.language import flush_right, width_of
from sftkeras.tasks.measures import OF_CLASS

MOST_LISTED = 30  # classes; of more the worst are printed, in one page
WORST = 10
LOWEST = (
    "(the {shown} of {count} classes with the lowest F1; all: report['per_class'], "
    "or evaluate --out FILE.csv)"
)
ABSENT = (
    "{absent} of {count} classes {has} no rows: {named}. Means are over the classes "
    "with rows or predictions."
)
CHINESE = {
    "Accuracy: {share:.2f}%   ({rows} rows, loss {loss:.4f})": (
        "准确率：{share:.2f}%   （{rows} 个样本，损失 {loss:.4f}）"
    ),
    "All labels right: {share:.2f}%   ({rows} rows, loss {loss:.4f})": (
        "标签全对：{share:.2f}%   （{rows} 个样本，损失 {loss:.4f}）"
    ),
    "precision": "精确率",
    "recall": "召回率",
    "f1": "F1",
    "rows": "样本数",
    "macro mean": "宏平均",
    "micro mean": "微平均",
    "Confusion matrix (rows: true, columns: predicted)": (
        "混淆矩阵（行：真实类别，列：预测类别）"
    ),
    "Most frequent confusions (rows: true -> predicted)": (
        "最常见的混淆（样本数：真实 -> 预测）"
    ),
    LOWEST: (
        "（{count} 类中 F1 最低的 {shown} 类；全部在 report['per_class'] 里，"
        "或用 evaluate --out 文件.csv）"
    ),
    ABSENT: (
        "{count} 类中有 {absent} 类没有样本：{named}。"
        "平均值只算有样本或者被预测到的类。"
    ),
}


def format_classes(report):
    """Return a classification report as text; its first line is the article's.

    Of more than 30 classes it names the ten worst, and the ten most frequent
    confusions.
    """
    lines = [_first("Accuracy: {share:.2f}%   ({rows} rows, loss {loss:.4f})", report)]
    names = [printable(name) for name in report["label_names"]]
    table, width = _table(report)
    lines += table
    if len(names) > MOST_LISTED:
        return "\n".join([*lines, *_worst_confusions(report)])
    lines.append(_say("Confusion matrix (rows: true, columns: predicted)"))
    cell = max(6, *(width_of(name) + 1 for name in names))
    lines.append(" " * width + "".join(flush_right(name, cell) for name in names))
    for name, row in zip(names, report["confusion_matrix"], strict=True):
        lines.append(flush_right(name, width) + "".join(f"{n:>{cell}}" for n in row))
    return "\n".join(lines)


def format_multi_label(report):
    """Return a report of several labels a row as text."""
    table, width = _table(report)
    micro = "".join(f"{report['micro'][k]:11.3f}" for k in OF_CLASS)
    return "\n".join(
        [
            _first(
                "All labels right: {share:.2f}%   ({rows} rows, loss {loss:.4f})",
                report,
            ),
            *table,
            f"{flush_right(_say('micro mean'), width)}{micro}{report['rows']:11}",
        ]
    )


def worst_confusions(report, most=WORST):
    """Return the most frequent confusions: [true label, predicted label, rows]."""
    if "confusions" in report:
        return report["confusions"][:most]
    matrix, names = np.array(report["confusion_matrix"]), report["label_names"]
    wrong = matrix * (1 - np.eye(len(matrix), dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    cells = [(int(cell // len(matrix)), int(cell % len(matrix))) for cell in order]
    return [[names[t], names[p], int(wrong[t, p])] for t, p in cells if wrong[t, p]]


def _worst_confusions(report):
    found = worst_confusions(report)
    if not found:
        return []
    return [_say("Most frequent confusions (rows: true -> predicted)")] + [
        f"{count:12}: {printable(true)} -> {printable(predicted)}"
        for true, predicted, count in found
    ]


def _table(report):
    """Return the lines of a table with a line a class, and the width of its names."""
    of_class = report["per_class"]
    shown = list(of_class)
    if len(shown) > MOST_LISTED:
        there = [name for name in shown if of_class[name]["support"]]
        shown = sorted(
            there, key=lambda n: (of_class[n]["f1"], -of_class[n]["support"])
        )
        shown = shown[:WORST]
    width = max(12, *(width_of(printable(name)) for name in shown))
    head = "".join(flush_right(_say(name), 11) for name in (*OF_CLASS, "rows"))
    lines = [f"{'':{width}}{head}"]
    for name in shown:
        numbers = "".join(f"{of_class[name][k]:11.3f}" for k in OF_CLASS)
        of_name = flush_right(printable(name), width)
        lines.append(f"{of_name}{numbers}{of_class[name]['support']:11}")
    if len(shown) < len(of_class):
        lines.append(_say(LOWEST, shown=len(shown), count=len(of_class)))
    numbers = "".join(f"{report[k]:11.3f}" for k in OF_CLASS)
    mean = flush_right(_say("macro mean"), width)
    lines.append(f"{mean}{numbers}{report['rows']:11}")
    if absent := report.get("classes_without_rows"):
        lines.append(_told_absent(absent, len(of_class)))
    return lines, width


def _told_absent(absent, count):
    named = ", ".join(printable(repr(name)) for name in absent[:5])
    named += ", …" if len(absent) > 5 else ""
    has = "has" if len(absent) == 1 else "have"
    return _say(ABSENT, absent=len(absent), count=count, has=has, named=named)


def _say(text, **values):
    return language.say(text, CHINESE, **values)


def _first(text, report):
    share, rows = report["accuracy"] * 100, report["rows"]
    return _say(text, share=share, rows=rows, loss=report["loss"])
