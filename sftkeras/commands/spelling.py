"""Messages name arguments as Python has them; a terminal's user has options."""

import re
import shlex

_VALUE = r"…|True|False|None|-?\d+(?:\.\d+)?|'[^']*'|\"[^\"]*\"|\[[^\[\]]*\]"


def options_of(parser):
    """Return {argument: option} of an `argparse` parser, `{"epochs": "--epochs"}`."""
    return {
        action.dest: action.option_strings[0]
        for action in parser._actions  # argparse offers no list of them
        if action.option_strings and action.dest != "help"
    }


def in_options(message, options):
    """Return a message with the options of a command in place of its arguments.

    Arguments are known by what stands around them: `` `epochs` ``, or `epochs=3` with
    no path before or after it.

    >>> options = {"encoding": "--encoding", "header": "--header"}
    >>> in_options("Name the encoding (encoding='cp949' to agree).", options)
    'Name the encoding (--encoding cp949 to agree).'
    >>> in_options("To agree: header=False. `encoding` is for texts.", options)
    'To agree: --no-header. --encoding is for texts.'

    Args:
        message: str.
        options: {argument: option}, of `options_of`.
    """
    if not options:
        return message
    names = "|".join(sorted(map(re.escape, options), key=len, reverse=True))
    message = re.sub(rf"`({names})`", lambda found: options[found[1]], message)
    # load_texts(…, label_column=…): the function is no business of a terminal's.
    message = re.sub(rf"\w+\(…, ((?:{names})=[^()]*)\)", r"\1", message)
    if "model" in options:
        message = re.sub(
            r"load_pretrained_model\('([\w./-]+)'\)", r"--model \1", message
        )
    return re.sub(
        rf"(?<![\w./-])({names})=({_VALUE})(?=[.,;:]?(?:[\s)]|$))",
        lambda found: _option(options[found[1]], found[2]),
        message,
    )


def _option(option, value):
    if value in ("True", "None"):
        return option
    if value == "False":
        return option.replace("--", "--no-", 1)
    words = [
        one or other for one, other in re.findall(r"'([^']*)'|\"([^\"]*)\"", value)
    ]
    return " ".join([option, *map(shlex.quote, words)] if words else [option, value])
