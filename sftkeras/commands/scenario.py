"""`python -m sftkeras scenario`: an application of the article's chapter 6."""

import argparse

from sftkeras.commands.paths import a_path
from sftkeras.errors import InputError
from sftkeras.scenarios import DATA, NAMES

TEXT = "run an application of the article's chapter 6"


def add_arguments(parser):
    """Add the options of `scenario`, and the list of scenarios below them."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        f"scenarios (article section):\n{_table(NAMES)}\n\n"
        f"data of your own, --data:\n{_table(DATA)}"
    )
    parser.add_argument("name", metavar="NAME", help="see below")
    parser.add_argument(
        "--data",
        type=a_path,
        metavar="PATH",
        help="other data than the project's own: a file of texts, or a folder "
        "with train_data.txt and test_data.txt; a folder of images or recordings; a "
        "table",
    )
    parser.add_argument(
        "--labels", nargs="+", type=int, metavar="N", help="to train on"
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="default: 3")
    parser.add_argument(
        "--model", type=a_path, metavar="NAME", help="another pretrained model"
    )
    parser.add_argument("--out", type=a_path, metavar="DIR", help="default: runs/NAME")


def _table(texts):
    """Return {name: lines of text} as lines, the names in a column of their own."""
    return "\n".join(
        f"  {name if first else '':<22}{line}"
        for name, text in texts.items()
        for first, line in zip((True, *[False] * 9), text.split("\n"), strict=False)
    )


def run(arguments):
    """Run the scenario and write its report."""
    if arguments.name not in NAMES:
        raise InputError(
            f"There is no scenario {arguments.name!r}. There are: {', '.join(NAMES)}"
        )
    if arguments.seeds < 1 or any(count < 1 for count in arguments.labels or ()):
        raise InputError("--seeds and --labels must be above 0.")
    from sftkeras.machine import import_keras

    import_keras()
    from sftkeras.scenarios.running import run_scenario

    run_scenario(
        arguments.name,
        arguments.out,
        arguments.data,
        arguments.labels,
        arguments.seeds,
        arguments.model,
    )
