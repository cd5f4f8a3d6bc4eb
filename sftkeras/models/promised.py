"""How many weights a description of layers asks for, before any is made."""

import math
import threading

import keras

from sftkeras.errors import InputError
from sftkeras.graph import fill_later
from sftkeras.process import drawing_from


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
        self.exceeded = False

    def append(self, variable):
        """Count a weight; states of random generators, of two numbers, apart."""
        size = math.prod(variable.shape)
        if size > 2:
            self.most, self.elements = self.most - 1, self.elements - size
        else:
            self.small -= 1
        self.exceeded = min(self.most, self.elements, self.small) < 0
        if self.exceeded:
            raise OverflowError("more weights than the file holds")
