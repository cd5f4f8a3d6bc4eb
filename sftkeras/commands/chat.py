"""`python -m sftkeras chat`: a conversation with a language model, in a terminal."""

import os
import sys

from sftkeras.commands.conversations import talker, writes
from sftkeras.commands.paths import a_path
from sftkeras.commands.shared import add_verify, seed_number
from sftkeras.errors import InputError, printable, suggest
from sftkeras.machine import import_keras

TEXT = "talk with a language model: smollm2, or one that fit saved"
_HELP = "A line is said to the model; /new begins anew, /quit or Ctrl-D ends."


def add_arguments(parser):
    """Add the options of `chat`."""
    parser.add_argument("--model", type=a_path, required=True, metavar="DIR")
    parser.add_argument("--system", metavar="TEXT", help="what it is told first")
    parser.add_argument(
        "--max-new-tokens",
        type=int,
        metavar="N",
        help="of an answer; default: by the answers it was trained on, else 128",
    )
    parser.add_argument(
        "--top-k",
        type=int,
        metavar="N",
        help="draw each token from so many likeliest ones; default: the likeliest",
    )
    parser.add_argument(
        "--temperature",
        type=float,
        default=1.0,
        metavar="T",
        help="with --top-k: below 1 less is drawn by chance; default: 1",
    )
    parser.add_argument("--seed", type=seed_number, default=0, metavar="N")
    add_verify(parser)


def run(arguments):
    """Read a line, write the answer, until there are no more lines."""
    if not writes(arguments.model):
        raise InputError(
            f"{_what(arguments.model)} Give smollm2, or what `fit --model smollm2` "
            "wrote."
        )
    import_keras()
    from sftkeras.tasks.decoding import chooser

    chooser(arguments.top_k, arguments.temperature, arguments.seed)
    model = talker(arguments.model, arguments.verify)
    first = []
    if arguments.system:
        first = [{"role": "system", "content": arguments.system}]
    told = sys.stdin.isatty()
    if told:
        print(_HELP)
    talk = [*first]
    for line in _lines("> " if told else ""):
        if line == "/quit":
            break
        if line == "/new":
            talk = [*first]
        elif line:
            talk.append({"role": "user", "content": line})
            talk = _answered(model, talk, len(first), arguments)


def _what(model):
    """Return in words what was given that is no language model."""
    from sftkeras.models.encoders import ENCODERS

    if model in (*ENCODERS, "lstm") or os.path.isdir(model):
        return f"{model} is no language model."
    if os.path.exists(model):
        return f"{model} is a file; a language model is a folder."
    talkers = [name for name, encoder in ENCODERS.items() if encoder.chat]
    hint = suggest(model, talkers)
    return f"{model}: there is no such folder, nor a model of that name.{hint}"


def _lines(mark):
    while True:
        try:
            yield input(mark).strip()
        except EOFError:
            return


def _answered(model, talk, kept, arguments):
    """Write the answer; return the conversation with it, without what had no room."""
    import sftkeras as sft

    def write(text):
        sys.stdout.write("\n".join(map(printable, text.split("\n"))))
        sys.stdout.flush()

    while True:
        try:
            text = sft.answer(
                model,
                talk,
                max_new_tokens=arguments.max_new_tokens,
                top_k=arguments.top_k,
                temperature=arguments.temperature,
                seed=arguments.seed,
                stream=write,
            )
            break
        except InputError as error:
            short = len(talk) <= kept + 1
            if short or "window" not in str(error):
                raise
            talk = [*talk[:kept], *talk[kept + 2 :]]  # a turn of each
            print("(The oldest turn is forgotten: the window is full.)")
    print()
    # An empty answer is none, and could not be read again.
    return [*talk, {"role": "assistant", "content": text if text.strip() else "…"}]
