"""`python -m sftkeras predict`: label, probability and text, a line each.

Several labels of one text are joined by `|`, and so are their probabilities.
"""

from sftkeras.commands.shared import load_model, one_line
from sftkeras.errors import InputError

TEXT = "label texts with a saved classifier"


def add_arguments(parser):
    """Add the options of `predict`."""
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("text", nargs="*", metavar="TEXT")
    parser.add_argument(
        "--file", metavar="FILE", help="texts, one a line, or .csv, .jsonl"
    )
    parser.add_argument(
        "--threshold", type=float, help="default: 0.5, or what the model keeps"
    )
    parser.add_argument(
        "--text-column", metavar="NAME", help="of a file with columns; default: text"
    )


def run(arguments):
    """Print what the classifier says of each text."""
    texts = _read_texts(arguments)

    import sftkeras as sft

    model = load_model(arguments.model)
    if not model.label_names:
        for text, value in zip(texts, sft.predict(model, texts), strict=True):
            print(f"{value:.4f}\t{one_line(text)}")
        return
    labels, probabilities = sft.predict(
        model, texts, threshold=arguments.threshold, return_probabilities=True
    )
    column = {name: number for number, name in enumerate(model.label_names)}
    for text, label, row in zip(texts, labels, probabilities, strict=True):
        several = label if isinstance(label, list) else [label]
        names = "|".join(map(str, several))
        told = "|".join(f"{row[column[name]]:.4f}" for name in several)
        print(f"{names}\t{told}\t{one_line(text)}")


def _read_texts(arguments):
    if bool(arguments.text) == bool(arguments.file):
        raise InputError("Give either TEXT arguments or --file FILE.")
    from sftkeras.data.decoding import check_unicode
    from sftkeras.data.texts import load_texts

    if arguments.file:
        return load_texts(arguments.file, arguments.text_column).texts
    for number, text in enumerate(arguments.text, 1):
        check_unicode(text, f"TEXT {number}")
    return arguments.text
