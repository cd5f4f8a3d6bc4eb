"""The command line: `python -m sftkeras …`. TensorFlow is imported late."""

import argparse
import contextlib
import os
import signal
import sys
import threading
import warnings

from sftkeras.commands import (
    chat,
    doctor,
    evaluate,
    export,
    fit,
    predict,
    quickstart,
    scenario,
    translate,
)
from sftkeras.commands.shared import one_line
from sftkeras.commands.spelling import in_options, options_of
from sftkeras.errors import InputError
from sftkeras.machine import how_to_install

# Each is a file with `TEXT`, `add_arguments(parser)` and `run(arguments)`, in the
# order of --help. None may import anything slow at its top.
_COMMANDS = (quickstart, fit, evaluate, predict, export)
_COMMANDS += (translate, chat, scenario, doctor)
_DESCRIPTION = """Supervised fine-tuning with Keras, on a laptop: classifiers of texts
and photographs, recognisers of speech, language models that answer.
"""
_EXAMPLES = """examples:
  python -m sftkeras quickstart
  python -m sftkeras fit --train data/reviews/train_data.txt --model minilm \\
      --test data/reviews/test_data.txt --out runs/mine
  python -m sftkeras evaluate --model runs/mine --data data/reviews/test_data.txt
  python -m sftkeras predict --model runs/mine "Worth every cent."
  python -m sftkeras export --model runs/mine --out runs/small --int8
  python -m sftkeras fit --train PHOTOS --out runs/photos      # PHOTOS/cat/1.jpg, …
  python -m sftkeras fit --train data/speech/en --out runs/voice
  python -m sftkeras fit --train pairs.jsonl --model smollm2 --out runs/chat
  python -m sftkeras chat --model runs/chat
  python -m sftkeras translate --file app.po --out app.zh.po
  python -m sftkeras scenario spam_detection
  python -m sftkeras doctor

Exit status: 0, or 2 for a mistake in what was given, with one line that says which;
130, 143 or 129 when interrupted by Ctrl-C, SIGTERM or SIGHUP.
"""


def main(argv=None):
    """Run the command line; return the exit status."""
    options = {}
    try:
        arguments = _parser().parse_args(argv)
        options = arguments.options
        with _stopped_by_signals(), warnings.catch_warnings():
            warnings.showwarning = _shows_warnings(options)
            arguments.run(arguments)
            sys.stdout.flush()
    except BrokenPipeError:  # `… | head -1` has read enough
        _close_output()
        return 141
    except ModuleNotFoundError as error:
        if (error.name or "sftkeras").startswith("sftkeras"):
            raise
        text = f"the package {error.name} is missing. {how_to_install()}"
        print(f"error: {text}", file=sys.stderr)
        return 2
    except (InputError, OSError) as error:
        told = in_options(one_line(error), options)
        print(f"error: {_with_notes(told, error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        number = getattr(error, "number", signal.SIGINT)
        by = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
        print("\n" + _with_notes(f"interrupted{by}", error), file=sys.stderr)
        return 128 + number
    return 0


def _close_output():
    """Let Python write nothing more when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Stopped(KeyboardInterrupt):
    """A signal that asks the process to end, taken as Ctrl-C is: things are put right.

    Args:
        number: int, of the signal.
    """

    def __init__(self, number):
        super().__init__()
        self.number = number


@contextlib.contextmanager
def _stopped_by_signals():
    """Raise `Stopped` for SIGTERM and SIGHUP, where nobody else has a say in them."""
    before = {}

    def stop(number, frame):
        signal.signal(number, before[number])  # the second one ends it at once
        raise Stopped(number)

    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number and signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _with_notes(text, error):
    return ". ".join([text, *getattr(error, "__notes__", ())])


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """Instead of the usage and the message, the message as our one line."""
        raise InputError(f"{message}. See: {self.prog} --help")


def _parser():
    parser = _Parser(
        prog="python -m sftkeras",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        name = command.__name__.rpartition(".")[2]
        sub = commands.add_parser(name, help=command.TEXT, description=command.TEXT)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run, options=options_of(sub))
    return parser


def _shows_warnings(options):
    """Return what prints a warning as one line, with options in place of arguments."""

    def show(message, category, filename, lineno, file=None, line=None):
        if category.__name__ != "DecompressionBombWarning":  # Pillow's; we say it too
            told = in_options(one_line(message), options)
            print(f"warning: {told}", file=sys.stderr)

    return show
