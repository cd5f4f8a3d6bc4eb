"""`python -m sftkeras evaluate`: a saved classifier on labelled data."""

import json

from sftkeras.commands.conversations import load_talks, writes
from sftkeras.commands.csv_file import check_csv, csv_file
from sftkeras.commands.images import (
    check_classes,
    image_size_of,
    load_photographs,
    refuse_photographs,
)
from sftkeras.commands.paths import a_path
from sftkeras.commands.shared import (
    add_columns,
    add_engine,
    add_long_texts,
    add_verify,
    check_labels,
    check_threshold,
    kind_of,
    load_labelled,
    load_predictor,
    of_model,
)
from sftkeras.commands.speech import (
    hears,
    load_spoken,
    refuse_recordings,
    tell_unknown,
)
from sftkeras.errors import InputError

TEXT = "measure a saved classifier on labelled data"


def add_arguments(parser):
    """Add the options of `evaluate`."""
    parser.add_argument("--model", type=a_path, required=True, metavar="DIR")
    parser.add_argument(
        "--data",
        "--test",
        type=a_path,
        required=True,
        metavar="FILE",
        help="as in fit: a file, or a folder of photographs or recordings",
    )
    parser.add_argument(
        "--threshold", type=float, help="default: 0.5, or what the model keeps"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--out",
        type=a_path,
        metavar="FILE.csv",
        help="write a line for each class, or each confusion of words, to a file",
    )
    add_long_texts(parser)
    add_verify(parser)
    add_engine(parser)
    add_columns(parser)


def run(arguments):
    """Print the report, as text or as JSON."""
    if arguments.out:
        check_csv(arguments.out)
    size, spoken = image_size_of(arguments.model), hears(arguments.model)
    talks = writes(arguments.model)
    if talks:
        data = load_talks(arguments.data, arguments)
    elif spoken:
        data = load_spoken(arguments.data, arguments)
    elif size is None:
        refuse_photographs(arguments.data, arguments.model)
        refuse_recordings(arguments.data, arguments.model)
        data = load_labelled(arguments.data, arguments)
    else:
        data = load_photographs(arguments.data, size, arguments)

    model = load_predictor(arguments.model, arguments.verify, arguments.engine)
    check_threshold(model, arguments.threshold)
    several = kind_of(model) == "multi-label"
    if spoken:
        tell_unknown(data, model)
    elif talks:
        pass  # any text may be an answer
    elif size is None:
        check_labels(data, model.label_names, several)
    else:
        check_classes(data, model.label_names)
    report = of_model(model, "evaluate")(
        data.inputs,
        data.labels,
        threshold=arguments.threshold,
        verbose=not arguments.json,
        long_texts=arguments.long_texts,
    )
    if arguments.json:
        print(json.dumps(report, indent=1, ensure_ascii=False))
    if arguments.out:
        _write_classes(arguments.out, report)


def _write_classes(path, report):
    if "wer" in report:
        with csv_file(path) as table:
            table.writerow(["said", "heard", "times"])
            table.writerows(report["confusions"])
        return
    if "per_class" not in report:
        kind = "texts" if "exact_match" in report else "numbers"
        raise InputError(f"--out is for classes; the model gives {kind}.")
    with csv_file(path) as table:
        table.writerow(["label", "precision", "recall", "f1", "rows"])
        table.writerows(
            [name, *row.values()] for name, row in report["per_class"].items()
        )
