"""A fit that was interrupted, or is finished: what lies in its directory says which."""

import contextlib
import json
import warnings

from sftkeras.commands.shared import seed_of
from sftkeras.errors import InputError
from sftkeras.files import remove_empty

_OTHERS = (
    "image_size",
    "add_words",
    "lora",
)  # options that are no settings of `Recipe`


def description(parts, arguments, settings):
    """Return what the report says of the job itself, ready for JSON.

    Args:
        parts: {"train", and if given "val", "test": data}.
        arguments: of `fit`.
        settings: {name: value} of `Recipe`, as given.
    """
    others = {name: getattr(arguments, name) for name in _OTHERS}
    given = {
        name: value for name, value in others.items() if value not in (None, False)
    }
    return {
        "rows": {name: len(part) for name, part in parts.items()},
        "model": arguments.model,
        "layers_to_fine_tune": arguments.layers_to_fine_tune,
        "seed": seed_of(arguments),
        "settings": settings | given,
    }


def is_finished(out, job):
    """Return whether a directory holds the result of a job, whole.

    An interrupted fit leaves a directory `backup`, be it empty.

    Args:
        out: a `pathlib.Path`, what `fit` writes to.
        job: of `description`.

    Raises:
        InputError: it holds the result of another job, which would be replaced.
    """
    if (out / "backup").exists() or not (out / "classifier").is_dir():
        return False
    try:
        report = json.loads((out / "report.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if not isinstance(report, dict) or not job.keys() <= report.keys():
        return False
    if other := [name for name in job if report[name] != job[name]]:
        raise InputError(
            f"{out} holds a finished fit, of other {' and '.join(other)}. Leave "
            "--resume out to replace it, or give another --out."
        )
    return True


def tell_of_backup(backup, resume):
    """Warn where there is nothing to resume, or something that is not resumed.

    Args:
        backup: a `pathlib.Path`, the directory.
        resume: bool, `--resume`.
    """
    from sftkeras.training.checkpoint import has_backup

    found = has_backup(backup)
    if resume and not found:
        warnings.warn(f"{backup}: nothing to resume; starting anew.", stacklevel=2)
    if found and not resume:
        warnings.warn(
            f"{backup} holds an interrupted fit; starting anew. To go on with it, stop "
            "now: the same command with --resume does.",
            stacklevel=2,
        )


@contextlib.contextmanager
def begun(backup):
    """Leave a sign that a fit has begun, until it is done or a mistake ends it.

    Args:
        backup: a `pathlib.Path`, the directory.
    """
    from sftkeras.training.checkpoint import discard_backup

    backup.mkdir(exist_ok=True)
    try:
        yield
    except InputError:
        remove_empty(backup)
        raise
    discard_backup(backup)


@contextlib.contextmanager
def backup_kept(backup, *errors):
    """Say with an error that comes between what the backup is good for.

    Args:
        backup: a `pathlib.Path`, the directory.
        errors: the kinds of errors.
    """
    from sftkeras.training.checkpoint import has_backup

    try:
        yield
    except errors as error:
        if has_backup(backup):
            error.add_note(
                f"The backup in {backup} is kept: the same command with --resume goes "
                "on from it."
            )
        raise
