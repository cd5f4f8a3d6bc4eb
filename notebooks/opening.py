"""What the set-up cell of each notebook calls: language, tables, `check`."""

import functools
import re

from checking import Check

LEFT = 'style="text-align: left;"'
# Heads of tables in Chinese. The table itself keeps its names, so that code which uses
# them runs in both languages; they appear when the mouse rests on a head.
HEADS = {
    "accuracy": "准确率",
    "change": "变化量",
    "changed": "变了的比例",
    "count": "数量",
    "en": "英文",
    "ended": "自己结束",
    "epoch": "轮次",
    "exact": "完全匹配",
    "f1": "F1",
    "f1-score": "F1",
    "here": "本章",
    "label": "标签",
    "labels": "标注数",
    "layer": "层",
    "loss": "损失",
    "max": "最大",
    "mean": "平均",
    "method": "方法",
    "min": "最小",
    "model": "模型",
    "params": "参数量",
    "precision": "精确率",
    "predicted": "预测",
    "probability": "概率",
    "recall": "召回率",
    "seconds": "秒",
    "seed": "种子",
    "std": "标准差",
    "support": "样本数",
    "task": "任务",
    "text": "文本",
    "trainable": "可训练",
    "trainable_params": "可训练参数量",
    "type": "类型",
    "val_accuracy": "验证准确率",
    "val_loss": "验证损失",
    "way": "方法",
    "zh": "中文",
}


def open_notebook(language="en"):
    """Set a notebook up for its language; return the `check` of its exercises.

    Args:
        language: "en" or "zh", for the labels of figures and the words of checks.
            Defaults to "en".
    """
    from IPython import get_ipython

    from sftkeras import plots

    plots.set_language(language)
    if shell := get_ipython():
        formatter = shell.display_formatter.formatters["text/html"]
        for module in ("pandas", "pandas.core.frame"):
            show = functools.partial(table, language=language)
            formatter.for_type_by_name(module, "DataFrame", show)
    return Check(language)


def table(frame, language="en"):
    """Return a table as HTML: columns of text begin at the left, heads in Chinese.

    Args:
        frame: a `pandas.DataFrame`.
        language: "zh" for heads in Chinese, those that `HEADS` has. Defaults to "en".

    Returns:
        str; `None` if the reader has switched tables of HTML off.
    """
    html = left_aligned(frame)
    if html is None or language != "zh":
        return html

    def in_chinese(match):
        mark, name = match.groups()
        chinese = HEADS.get(name)
        return f'<th{mark} title="{name}">{chinese}</th>' if chinese else match[0]

    return re.sub(r"<th([^>]*)>([\w-]+)</th>", in_chinese, html)


def left_aligned(frame):
    """Return a table as HTML, columns of text left-aligned, numbers right-aligned."""
    import pandas as pd

    html = frame._repr_html_()
    if html is None:  # the reader has switched tables of HTML off
        return None
    shown = pd.get_option("display.max_columns") or len(frame.columns)
    if len(frame.columns) > shown:
        return html
    texts = [_is_text(frame.iloc[:, n]) for n in range(frame.shape[1])]
    head, body, rest = re.split(r"(?<=<tbody>)|(?=</tbody>)", html, maxsplit=2)
    head, body = _rows(head, "th", texts), _rows(body, "td", texts)
    if _is_text(frame.index.to_frame().iloc[:, 0]):
        body = body.replace("<th>", f"<th {LEFT}>")
    return head + body + rest


def _rows(html, tag, texts):
    """Left-align the last cells of each row of HTML, one a column, if it is a text."""

    def align(row):
        cells = re.split(f"(?=<{tag}>)", row[0])
        first = len(cells) - len(texts)
        for place, is_text in enumerate(texts, first):
            if is_text and first >= 1:
                cells[place] = cells[place].replace(f"<{tag}>", f"<{tag} {LEFT}>", 1)
        return "".join(cells)

    return re.sub(r"<tr.*?</tr>", align, html, flags=re.S)


def _is_text(column):
    return any(isinstance(value, str) for value in column.dropna().head(20))
