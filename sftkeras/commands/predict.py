"""`python -m sftkeras predict`: label, probability and text, a line each.

Several labels of one text are joined by `|`, and so are their probabilities. A file
is read and answered in chunks, and each of its rows has its line.
"""

import csv
import io
import itertools
import sys
from pathlib import Path

from sftkeras import files
from sftkeras.commands.shared import (
    add_columns,
    add_verify,
    load_model,
    one_line,
    reading,
)
from sftkeras.errors import InputError

TEXT = "label texts with a saved classifier"
_FIRST, _LARGEST = 64, 4096  # rows of the first chunk, and of the last ones


def add_arguments(parser):
    """Add the options of `predict`."""
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("text", nargs="*", metavar="TEXT")
    parser.add_argument(
        "--file", metavar="FILE", help="texts, as in fit; - reads a text a line"
    )
    parser.add_argument(
        "--threshold", type=float, help="default: 0.5, or what the model keeps"
    )
    parser.add_argument(
        "--out",
        metavar="CSV",
        help="write row, id, label, probability and text to a file instead",
    )
    parser.add_argument(
        "--id-column", metavar="NAME", help="kept beside the label; default: id"
    )
    add_columns(parser, labels=False)
    add_verify(parser)


def run(arguments):
    """Print what the classifier says of each text, or write it."""
    rows = _rows(arguments)
    start = list(itertools.islice(rows, 1))  # a file that is none, before TensorFlow
    rows = itertools.chain(start, rows)
    has_id = bool(start) and start[0][0] is not None
    model = load_model(arguments.model, arguments.verify)
    answers = _answers(model, rows, arguments.threshold)
    if arguments.out is None:
        for number, label, probability, text in answers:
            cells = [number] * has_id + [label, probability, text]
            told = [one_line(cell) for cell in cells if cell is not None]
            sys.stdout.write("\t".join(told) + "\n")
        return
    source = None if arguments.file in (None, "-") else arguments.file
    count = _write(arguments.out, answers, has_id, source)
    print(f"Written to {one_line(arguments.out)}: {count} rows")


def _rows(arguments):
    """Yield (id, text) of what was given, with `None` for no id."""
    if bool(arguments.text) == bool(arguments.file):
        raise InputError("Give either TEXT arguments or --file FILE.")
    from sftkeras.data.decoding import check_unicode, known_encoding, numbered
    from sftkeras.data.texts import iterate_texts

    options = reading(arguments)
    if arguments.text:
        for number, text in enumerate(arguments.text, 1):
            check_unicode(text, f"TEXT {number}")
        return ((None, text) for text in arguments.text)
    if arguments.file == "-":
        name = known_encoding(options.get("encoding", "utf-8"))
        stream = io.TextIOWrapper(sys.stdin.buffer, encoding=name, newline="\n")
        lines = numbered(stream, "standard input")
        return ((None, line.strip()) for _, line in lines)
    return iterate_texts(arguments.file, id_name=arguments.id_column, **options)


def _answers(model, rows, threshold):
    """Yield (id, label, probability, text) of each row, strings but for the id.

    An empty text gets an empty label: a guess at nothing would look like an answer.
    Chunks grow, so that the first lines come soon and the others quickly.
    """
    size = _FIRST
    while chunk := list(itertools.islice(rows, size)):
        texts = [text for _, text in chunk if any(text)]
        told = iter(_predict(model, texts, threshold) if texts else ())
        for number, text in chunk:
            label, probability = next(told) if any(text) else _nothing(model)
            text = text if isinstance(text, str) else "\t".join(text)
            yield number, label, probability, text
        sys.stdout.flush()
        size = min(2 * size, _LARGEST)


def _nothing(model):
    return ("", "" if model.label_names else None)


def _predict(model, texts, threshold):
    """Return [(label, probability)] as strings; `None` for a number's probability."""
    import sftkeras as sft

    if not model.label_names:
        return [(f"{value:.4f}", None) for value in sft.predict(model, texts)]
    labels, probabilities = sft.predict(
        model, texts, threshold=threshold, return_probabilities=True
    )
    column = {name: number for number, name in enumerate(model.label_names)}
    found = []
    for label, row in zip(labels, probabilities, strict=True):
        several = label if isinstance(label, list) else [label]
        told = "|".join(f"{row[column[name]]:.4f}" for name in several)
        found.append(("|".join(map(str, several)), told))
    return found


def _write(path, answers, has_id, source=None):
    """Write the answers to a `.csv`, whole or not at all; return their number.

    Args:
        path: where to.
        answers: of `_answers`.
        has_id: bool, whether rows have an id.
        source: the file that they are answers to. Defaults to `None`.
    """
    path, row = Path(path), 0
    if source and path.exists() and path.samefile(source):
        raise InputError(f"--out {path} is the file that is read; give another.")
    if path.is_dir():
        raise InputError(f"{path} is a directory; give a file to write to.")
    with (
        files.write_file(path) as temporary,
        temporary.open(
            "w", encoding="utf-8", newline="", errors="backslashreplace"
        ) as file,
    ):
        writer = csv.writer(file)
        head = ["row", *["id"] * has_id, "label", "probability", "text"]
        for row, (number, label, probability, text) in enumerate(answers, 1):
            if row == 1:
                writer.writerow(
                    [c for c in head if probability is not None or c != head[-2]]
                )
            cells = [row, *[number] * has_id, label]
            cells += [text] if probability is None else [probability, text]
            writer.writerow(cells)
    return row
