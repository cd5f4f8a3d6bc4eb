"""`python -m sftkeras quickstart`: several classifiers on one data set."""

from sftkeras.commands.paths import a_path
from sftkeras.commands.shared import seed_number

TEXT = "compare several classifiers on one data set"


def add_arguments(parser):
    """Add the options of `quickstart`."""
    parser.add_argument(
        "--data",
        type=a_path,
        metavar="DIR",
        help="a folder with train_data.txt, val_data.txt and test_data.txt, lines of "
        "text<TAB>label; default: data/reviews",
    )
    parser.add_argument("--out", type=a_path, default="runs/quickstart", metavar="DIR")
    parser.add_argument("--seed", type=seed_number, default=0)


def run(arguments):
    """Run the comparison and write it to `--out`."""
    from sftkeras.machine import import_keras

    import_keras()
    from sftkeras.scenarios.quickstart import run_quickstart

    run_quickstart(arguments.data, arguments.out, arguments.seed)
