"""`python -m sftkeras translate`: a catalogue in, a draft of its translations out."""

import os
from pathlib import Path

from sftkeras.commands.shared import add_verify, load_model
from sftkeras.errors import InputError

TEXT = "draft the Chinese of a program's texts, or of what is missing in a catalogue"


def add_arguments(parser):
    """Add the options of `translate`."""
    parser.add_argument("text", nargs="*", metavar="TEXT", help="in English; or --file")
    parser.add_argument(
        "--file", metavar="FILE", help="a catalogue: .po, .json, .tmx, or .tsv"
    )
    parser.add_argument(
        "--out", metavar="FILE", help="the catalogue with drafts; of the same kind"
    )
    parser.add_argument(
        "--model",
        metavar="DIR",
        help="a fine-tuned translator; default: the one that ships",
    )
    parser.add_argument("--beam", type=int, metavar="N", help="default: 1, greedy")
    add_verify(parser)


def run(arguments):
    """Print translations, or write a catalogue with drafts in it."""
    if bool(arguments.text) == bool(arguments.file):
        raise InputError("Give either TEXT arguments or --file FILE.")
    if bool(arguments.file) != bool(arguments.out):
        raise InputError("--file FILE and --out FILE go together.")
    if arguments.verify and not arguments.model:
        raise InputError("--verify is for a translator of yours: give --model DIR.")
    if arguments.beam is not None and not 1 <= arguments.beam <= 20:
        raise InputError(f"--beam must be from 1 to 20, not {arguments.beam}.")
    if arguments.text:
        model = _model(arguments)
        for answer in _answers(model, arguments.text, arguments.beam):
            print(answer)
        return
    _translate_file(arguments)


def _translate_file(arguments):
    """Write the catalogue with drafts of the entries that had no translation."""
    from sftkeras.data.catalogues import read_catalogue

    source, target = Path(arguments.file), Path(arguments.out)
    _check_out(source, target)
    catalogue = read_catalogue(source)
    missing = [
        number
        for number, entry in enumerate(catalogue.entries)
        if not entry.target.strip() and entry.source.strip()
    ]
    if not missing:
        raise InputError(
            f"{source}: nothing to do: all texts have a translation: "
            f"{len(catalogue.entries)}."
        )
    texts = [catalogue.entries[number].source for number in missing]
    answers = _answers(_model(arguments), texts, arguments.beam)
    drafts = {n: text for n, text in zip(missing, answers, strict=True) if text}
    from sftkeras.files import write_file

    with write_file(target) as temporary:
        temporary.write_bytes(catalogue.render(drafts))
    left = len(missing) - len(drafts)
    told = f", {left} left to be translated by hand" if left else ""
    print(
        f"Written to {target}: drafts: {len(drafts)}{told}; translated before: "
        f"{len(catalogue.entries) - len(missing)}."
    )


def _model(arguments):
    if arguments.model:
        model = load_model(arguments.model, arguments.verify)
        from sftkeras.graph import task_of

        if getattr(task_of(model), "kind", "") != "translation":
            raise InputError(f"{arguments.model}: this is no translator.")
        return model
    import sftkeras as sft

    return sft.load_translator()


def _answers(model, texts, beam):
    from sftkeras.graph import task_of

    return task_of(model).answer(model, texts, beam=beam)


def _check_out(source, target):
    """Raise for a file that cannot be written, before a text is translated."""
    if not source.is_file():
        raise InputError(f"--file {source}: no such file.")
    if target.suffix.lower() != source.suffix.lower():
        raise InputError(
            f"--out {target} must end in {source.suffix}, as {source} does."
        )
    if target.exists():
        raise InputError(f"--out {target} is there already. Give another name.")
    if not target.parent.is_dir():
        raise InputError(f"--out {target}: there is no folder {target.parent}.")
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"--out {target}: {target.parent} may not be written to.")
