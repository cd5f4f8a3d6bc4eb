"""What the set-up cell of each notebook calls: language, tables, `check`."""

import re

from checking import Check

LEFT = 'style="text-align: left;"'


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
            formatter.for_type_by_name(module, "DataFrame", left_aligned)
    return Check(language)


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
