"""How many weights a description of layers asks for, before any is made."""

import math
import re
import threading

import keras

from sftkeras.errors import InputError
from sftkeras.graph import fill_later
from sftkeras.process import drawing_from

LARGEST_NUMBER = 10**8  # units, filters, words …
_REPEATS = re.compile(r"layers|blocks|repeats|depths?$")
_FREE = ("seed", "shared_object_id", "rope_theta")  # they ask for nothing


def check_layers(config, arrays):
    """Raise `InputError` for more layers, or larger ones, than there are weights for.

    Args:
        config: what `config.json` says. Numbers of layers in it, by their names, are
            loops that make layers, before any has a weight.
        arrays: int, how many arrays of weights there are.
    """
    layers, left = 0, [("", config)]
    while left:
        key, found = left.pop()
        if isinstance(found, dict):
            left += [item for item in found.items() if item[0] not in _FREE]
        elif isinstance(found, list):
            left += [(key, value) for value in found]
        elif isinstance(found, int) and not isinstance(found, bool):
            if abs(found) > LARGEST_NUMBER:
                raise InputError(f"config.json asks for {found:.3g} of {key[:40]!r}")
            layers += found if _REPEATS.search(key) else 0
    if layers > max(10 * arrays, 100):
        raise InputError(
            f"config.json asks for {layers:,} layers, its weights are {arrays:,} arrays"
        )


def check_weights(build, most, elements):
    """Raise `InputError` if what `build()` makes has more weights than that.

    The weights are shapes only and nothing is kept: no memory is taken, however large
    they are. It runs in a thread, since Keras keeps by thread the names it has given
    and the weights it has yet to fill.

    Args:
        build: a function that makes layers.
        most: int, as many weights.
        elements: int, as many numbers in them.
    """
    counted, failed = _Counted(most, elements), []

    def run():
        fill_later(counted)
        try:
            with keras.StatelessScope(initialize_variables=False):
                build()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    with drawing_from(0):  # the layers that are then made draw what they always drew
        thread.start()
        thread.join()
    if counted.exceeded:
        raise InputError(
            f"it describes more weights than there are: {most:,} arrays of "
            f"{elements:,} numbers in all"
        )
    if failed:
        raise failed[0]


class _Counted(list):
    """The weights that a thread of Keras has yet to fill, only counted."""

    def __init__(self, most, elements):
        super().__init__()
        self.most, self.elements, self.small = most, elements, 20_000
        self.adapters = elements + 10_000  # numbers
        self.exceeded = False

    def append(self, variable):
        """Count a weight; states of random generators, of two numbers, apart.

        So are Keras' own adapters: a file holds the kernels that they were merged into.
        """
        size = math.prod(variable.shape)
        if variable.name.startswith("lora_"):
            self.adapters -= size
        elif size > 2:
            self.most, self.elements = self.most - 1, self.elements - size
        else:
            self.small -= 1
        left = (self.most, self.elements, self.small, self.adapters)
        self.exceeded = min(left) < 0
        if self.exceeded:
            raise OverflowError("more weights than the file holds")
