"""`python -m sftkeras evaluate`: a saved classifier on labelled data."""

import json

from sftkeras.commands.shared import (
    add_columns,
    check_labels,
    load_labelled,
    load_model,
)

TEXT = "measure a saved classifier on labelled data"


def add_arguments(parser):
    """Add the options of `evaluate`."""
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("--data", required=True, metavar="FILE")
    parser.add_argument(
        "--threshold", type=float, help="default: 0.5, or what the model keeps"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_columns(parser)


def run(arguments):
    """Print the report, as text or as JSON."""
    data = load_labelled(arguments.data, arguments)

    import sftkeras as sft

    model = load_model(arguments.model)
    check_labels(data, model.label_names)
    report = sft.evaluate_model(
        model,
        data.texts,
        data.labels,
        threshold=arguments.threshold,
        verbose=not arguments.json,
    )
    if arguments.json:
        print(json.dumps(report, indent=1, ensure_ascii=False))
