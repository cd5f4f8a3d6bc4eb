"""`python -m sftkeras predict`: label, probability and text or file, a line each.

Several labels of one text are joined by `|`, and so are their probabilities. A file
is read and answered in chunks, and each of its rows has its line.
"""

import functools
import io
import itertools
import json
import sys

from sftkeras.commands.conversations import iterate_prompts, writes
from sftkeras.commands.csv_file import check_csv, csv_file
from sftkeras.commands.images import (
    image_size_of,
    iterate_photographs,
    readable,
    refuse_photographs,
)
from sftkeras.commands.paths import a_path, check_no_files
from sftkeras.commands.shared import (
    add_columns,
    add_engine,
    add_long_texts,
    add_verify,
    check_threshold,
    kind_of,
    load_predictor,
    of_model,
    one_line,
    reading,
)
from sftkeras.commands.speech import (
    audible,
    hears,
    iterate_recordings,
    refuse_recordings,
)
from sftkeras.data.telling import tell
from sftkeras.errors import InputError

TEXT = "label texts or photographs, write down speech, answer prompts"
_FIRST, _LARGEST = 64, 4096  # rows of the first chunk, and of the last ones


def add_arguments(parser):
    """Add the options of `predict`."""
    parser.add_argument("--model", type=a_path, required=True, metavar="DIR")
    parser.add_argument(
        "text",
        nargs="*",
        metavar="TEXT",
        help="or files: images, recordings; of images folders too",
    )
    parser.add_argument(
        "--file",
        type=a_path,
        metavar="FILE",
        help="texts, as in fit; - reads a text a line; a folder of photographs or of "
        "recordings; a file that lists photographs, one a line or in a column",
    )
    parser.add_argument(
        "--threshold", type=float, help="default: 0.5, or what the model keeps"
    )
    parser.add_argument(
        "--out",
        type=a_path,
        metavar="CSV",
        help="write row, id, label, probability and text or image to a file instead",
    )
    parser.add_argument(
        "--id-column", metavar="NAME", help="kept beside the label; default: id"
    )
    add_long_texts(parser)
    add_columns(parser, labels=False)
    add_verify(parser)
    add_engine(parser)


def run(arguments):
    """Print what the classifier says of each text, or write it."""
    source = None if arguments.file in (None, "-") else arguments.file
    if arguments.out is not None:
        _check_out(arguments.out, source)
    size, spoken = image_size_of(arguments.model), hears(arguments.model)
    rows = _rows(arguments, size, spoken)
    start = list(itertools.islice(rows, 1))  # a file that is none, before TensorFlow
    rows = itertools.chain(start, rows)
    has_id = bool(start) and start[0][0] is not None
    if not start:
        tell("standard input", "there is no text in it, and nothing to predict.")
    model = load_predictor(arguments.model, arguments.verify, arguments.engine)
    check_threshold(model, arguments.threshold)
    how = {"threshold": arguments.threshold, "long_texts": arguments.long_texts}
    read = audible if spoken else None
    if size is not None:
        read = functools.partial(readable, size=size)
    answers = _answers(model, rows, how, read)
    if arguments.out is None:
        for number, label, probability, text in answers:
            cells = [number] * has_id + [label, probability, text]
            told = [one_line(cell) for cell in cells if cell is not None]
            sys.stdout.write("\t".join(told) + "\n")
        return
    name = "recording" if spoken else "text" if size is None else "image"
    count = _write(arguments.out, answers, has_id, name)
    print(f"Written to {one_line(arguments.out)}: {count} rows")


def _rows(arguments, size, spoken):
    """Yield (id, text or path) of what was given, with `None` for no id."""
    if bool(arguments.text) == bool(arguments.file):
        raise InputError("Give either TEXT arguments or --file FILE.")
    if spoken and arguments.file != "-":
        return iterate_recordings(arguments)
    if size is not None and arguments.file != "-":
        return iterate_photographs(arguments)
    talks = str(arguments.file).endswith((".jsonl", ".json", ".tsv"))
    if talks and writes(arguments.model):
        return iterate_prompts(arguments)
    for name in arguments.text or [arguments.file]:
        refuse_photographs(name, arguments.model)
        refuse_recordings(name, arguments.model)
    from sftkeras.data.decoding import check_unicode
    from sftkeras.data.texts import iterate_texts

    options = reading(arguments)
    if arguments.text:
        check_no_files(arguments.text)
        for number, text in enumerate(arguments.text, 1):
            check_unicode(text, f"TEXT {number}")
        return ((None, text) for text in arguments.text)
    if arguments.file == "-":
        return _typed_in(options.get("encoding", "utf-8"))
    return iterate_texts(arguments.file, id_name=arguments.id_column, **options)


def _typed_in(encoding):
    """Yield (`None`, line) of standard input."""
    from sftkeras.data.decoding import known_encoding, numbered

    name = known_encoding(encoding)
    stream = io.TextIOWrapper(sys.stdin.buffer, encoding=name, newline="\n")
    number = 0
    try:
        for line_number, line in numbered(stream, "standard input"):
            yield None, line.strip()
            number = line_number
    except InputError as error:
        if not isinstance(error.__cause__, UnicodeError):
            raise
        raise InputError(
            f"standard input, after line {number}: these bytes are not {encoding}. "
            "Name their encoding, such as --encoding gb18030 for Chinese."
        ) from None


def _answers(model, rows, how, read=None):
    """Yield (id, label, probability, text) of each row, strings but for the id.

    With `read`, a function of paths that returns images or sounds, and `None` for what
    cannot be read, texts are the paths of their files.

    An empty text gets an empty label: a guess at nothing would look like an answer.
    Chunks grow, so that the first lines come soon and the others quickly.
    """
    size = _FIRST
    while chunk := list(itertools.islice(rows, size)):
        texts = [text if any(text) else None for _, text in chunk]
        if read is not None:
            texts = read([text for _, text in chunk])
        known = [text for text in texts if text is not None]
        told = iter(_predict(model, known, how) if known else ())
        for (number, text), given in zip(chunk, texts, strict=True):
            label, probability = _nothing(model) if given is None else next(told)
            if not isinstance(text, str):
                pair = all(isinstance(part, str) for part in text)
                text = "\t".join(text) if pair else json.dumps(text, ensure_ascii=False)
            yield number, label, probability, text
        sys.stdout.flush()
        size = min(2 * size, _LARGEST)


def _nothing(model):
    return ("", "" if model.label_names and not _speaks(model) else None)


def _speaks(model):
    return kind_of(model) in ("transcription", "generation")


def _predict(model, texts, how):
    """Return [(label, probability)] as strings; `None` for a number's probability."""
    predict = of_model(model, "predict")
    if _speaks(model):
        return [(text, None) for text in predict(texts, **how)]
    if not model.label_names:
        return [(f"{value:.4f}", None) for value in predict(texts, **how)]
    labels, probabilities = predict(texts, return_probabilities=True, **how)
    column = {name: number for number, name in enumerate(model.label_names)}
    found = []
    for label, row in zip(labels, probabilities, strict=True):
        several = label if isinstance(label, list) else [label]
        told = "|".join(f"{row[column[name]]:.4f}" for name in several)
        found.append(("|".join(map(str, several)), told))
    return found


def _check_out(path, source):
    """Raise for a file that cannot be written, before a row is read."""
    path = check_csv(path)
    if source and path.exists() and path.samefile(source):
        raise InputError(f"--out {path} is the file that is read; give another.")


def _write(path, answers, has_id, name):
    """Write the answers to a `.csv`, whole or not at all; return their number.

    Args:
        path: where to.
        answers: of `_answers`.
        has_id: bool, whether rows have an id.
        name: str, of the last column.
    """
    row = 0
    with csv_file(path) as writer:
        head = ["row", *["id"] * has_id, "label", "probability", name]
        for row, (number, label, probability, text) in enumerate(answers, 1):
            if row == 1:
                writer.writerow(
                    [c for c in head if probability is not None or c != head[-2]]
                )
            cells = [row, *[number] * has_id, label]
            cells += [text] if probability is None else [probability, text]
            writer.writerow(cells)
    return row
