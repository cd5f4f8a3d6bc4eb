"""Where a pretrained model is read from, and what is said when it cannot be (§3.1)."""

import contextlib
import os
import socket
import urllib.parse
import urllib.request
from pathlib import Path

from sftkeras.errors import InputError, suggest
from sftkeras.machine import quiet_stderr
from sftkeras.models.encoders import ALIASES, ENCODERS, checked
from sftkeras.models.strangers import check_preset
from sftkeras.process import Shared, keeping_random


class Preset:
    """The place of a pretrained model: an embedded one, KerasHub's, or a directory.

    Args:
        name: as in `load_pretrained_model`.
        kind: `keras_hub.models.Backbone` or `CausalLM`, which knows its presets.

    Attributes:
        name: str, the article's names replaced by KerasHub's.
        source: str, what `from_preset` takes.

    Raises:
        InputError: there is nothing of that name; of an embedded one files are missing
            or damaged, and the message names the command that mends it.
    """

    def __init__(self, name, kind):
        self.given = name
        self.name = self.source = ALIASES.get(str(name), str(name))
        if self.name in ENCODERS:
            self.source = str(checked(self.name))
        elif _is_path(self.name) and not Path(self.name, "config.json").is_file():
            raise InputError(
                f"{self.name}: no pretrained model here: config.json is missing. Give "
                "a directory in KerasHub's or Hugging Face's format; a model of the "
                "Hugging Face hub is 'hf://…'."
            )
        known = kind.presets
        here = "://" in self.name or Path(self.source).exists()
        if not here and self.name not in known:
            raise InputError(
                f"There is no pretrained model {name!r}.{suggest(self.name, known)} "
                "Give 'minilm', a KerasHub preset, 'hf://…' or a local directory."
            )

    @property
    def directory(self):
        """The `Path` of a local directory, `None` of what is downloaded."""
        return Path(self.source) if Path(self.source).is_dir() else None

    @contextlib.contextmanager
    def reading(self):
        """Read quietly; a stranger's directory is checked first; errors get our words.

        The user's `random` is left alone, but not while a download takes its time.
        """
        random = keeping_random() if self.directory else contextlib.nullcontext()
        try:
            with quiet_stderr(), _no_waiting_for_the_network(self.source), random:
                if self.directory and self.source == self.name:  # ours: by its digest
                    check_preset(self.directory)
                yield
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:
            if self.name in ENCODERS or self.directory:
                advice = "the files are damaged or of a kind that KerasHub cannot read."
            else:
                advice = (
                    "it must be a KerasHub preset, and its first use needs a network. "
                    "Without one use 'minilm', or a directory that holds a downloaded "
                    "model."
                )
            raise InputError(
                f"Cannot load the pretrained model {self.given!r}: {advice} "
                f"({type(error).__name__}: {_first_line(error)})"
            ) from error


@contextlib.contextmanager
def _no_waiting_for_the_network(source):
    """Without a network, look into Hugging Face's local cache only.

    Its library would try again for 20 seconds.
    """
    if not source.startswith("hf://") or urllib.request.getproxies():
        yield
        return
    from huggingface_hub import constants

    try:
        socket.getaddrinfo(urllib.parse.urlsplit(constants.ENDPOINT).hostname, 443)
    except OSError:
        with _hub_offline():
            yield
    else:
        yield


@Shared
@contextlib.contextmanager
def _hub_offline():
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _is_path(preset):
    return (os.sep in preset and "://" not in preset) or Path(preset).exists()


def _first_line(error):
    lines = str(error).strip().splitlines() or [""]
    return lines[0][:200]
