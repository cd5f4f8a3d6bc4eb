"""`python -m sftkeras translate`: a catalogue in, a draft of its translations out."""

import os
from pathlib import Path

from sftkeras.commands.paths import a_path, check_no_files
from sftkeras.commands.shared import add_verify, load_model
from sftkeras.errors import InputError

TEXT = "draft the Chinese of a program's texts, or of what is missing in a catalogue"


def add_arguments(parser):
    """Add the options of `translate`."""
    parser.add_argument("text", nargs="*", metavar="TEXT", help="in English; or --file")
    parser.add_argument(
        "--file",
        type=a_path,
        metavar="FILE",
        help="a catalogue: .po, .json, .tmx, or .tsv",
    )
    parser.add_argument(
        "--out",
        type=a_path,
        metavar="FILE",
        help="the catalogue with drafts; of the same kind",
    )
    parser.add_argument(
        "--model",
        type=a_path,
        metavar="DIR",
        help="a fine-tuned translator; default: the one that ships",
    )
    parser.add_argument("--beam", type=int, metavar="N", help="default: 1, greedy")
    parser.add_argument(
        "--fuzzy",
        action="store_true",
        help="draft anew what is flagged fuzzy; default: it stays as it is",
    )
    add_verify(parser)


def run(arguments):
    """Print translations, or write a catalogue with drafts in it."""
    if bool(arguments.text) == bool(arguments.file):
        raise InputError("Give either TEXT arguments or --file FILE.")
    if bool(arguments.file) != bool(arguments.out):
        raise InputError("--file FILE and --out FILE go together.")
    if arguments.fuzzy and not arguments.file:
        raise InputError("--fuzzy is for a catalogue: give --file FILE.")
    if arguments.verify and not arguments.model:
        raise InputError("--verify is for a translator of yours: give --model DIR.")
    if arguments.beam is not None and not 1 <= arguments.beam <= 20:
        raise InputError(f"--beam must be from 1 to 20, not {arguments.beam}.")
    if arguments.text:
        check_no_files(arguments.text)
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
    entries = catalogue.entries
    untranslated = [
        number
        for number, entry in enumerate(entries)
        if not entry.target.strip() and entry.source.strip()
    ]
    fuzzy = {number for number in untranslated if entries[number].draft.strip()}
    left_out = () if arguments.fuzzy else fuzzy
    missing = [number for number in untranslated if number not in left_out]
    before = len(entries) - len(untranslated)
    if not missing:
        left = f"; fuzzy, which --fuzzy drafts anew: {len(fuzzy)}" if fuzzy else ""
        raise InputError(
            f"{source}: nothing to do: all texts have a translation: {before}{left}."
        )
    texts = [entries[number].source for number in missing]
    answers = _answers(_model(arguments), texts, arguments.beam)
    drafts = {n: text for n, text in zip(missing, answers, strict=True) if text}
    from sftkeras.files import write_file

    with write_file(target) as temporary:
        temporary.write_bytes(catalogue.render(drafts))
    left = len(missing) - len(drafts)
    told = f", {left} left to be translated by hand" if left else ""
    told += f"; translated before: {before}"
    if fuzzy:
        done = "drafted anew" if arguments.fuzzy else "left as they are (--fuzzy)"
        told += f"; fuzzy before, {done}: {len(fuzzy)}"
    print(f"Written to {target}: drafts: {len(drafts)}{told}.")
    for note in catalogue.notes:
        print(f"{target}: {note}.")


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
