"""`python -m sftkeras export`: a saved classifier, to predict without TensorFlow."""

from sftkeras.commands.paths import a_path
from sftkeras.commands.shared import add_verify, load_model, one_line

TEXT = "make a saved classifier of texts predict without TensorFlow (ONNX)"


def add_arguments(parser):
    """Add the options of `export`."""
    parser.add_argument("--model", type=a_path, required=True, metavar="DIR")
    parser.add_argument(
        "--out",
        type=a_path,
        required=True,
        metavar="DIR",
        help="what is exported goes there",
    )
    parser.add_argument(
        "--int8",
        action="store_true",
        help="large weights in a byte each: a quarter of the size, other roundings",
    )
    parser.add_argument(
        "--sign",
        type=a_path,
        metavar="KEY",
        help="a private Ed25519 key, as ssh-keygen makes it",
    )
    add_verify(parser)


def run(arguments):
    """Write the exported classifier."""
    model = load_model(arguments.model, arguments.verify)
    import sftkeras as sft
    from sftkeras.graph import carried

    quantize = "int8" if arguments.int8 else None
    sft.export_model(model, arguments.out, quantize, arguments.sign)
    out = one_line(arguments.out)
    given = "--file FILE --pair-column NAME" if carried(model).pairs else "TEXT"
    print(f"Written to {out}. Use it: python -m sftkeras predict --model {out} {given}")
