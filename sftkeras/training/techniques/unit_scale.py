"""Regression of any scale: learned in deviations, answered in the user's unit (§4.1.2).

A step of an optimizer is about as long as the learning rate, whatever the targets:
from 0 to 200,000 is a way of a hundred million steps.
"""

import contextlib
import warnings

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import maker
from sftkeras.tasks.regression import Regression

_NEAR = 10.0  # a mean below it, a deviation below it and above its inverse: no need
_FAR = 1e18  # its square is about as large as a float32 can be


class UnitScale:
    """Let the head of a regression learn `(target - mean) / deviation`.

    A fixed layer above it brings its answers back to the user's unit, in which loss
    and measures are. In the end the head takes the two numbers in
    (`kernel x deviation`, `bias x deviation + mean`), so that the model is a plain
    one; before further training they are taken out again. A head whose bias is zero
    is a new one.

    Nothing is done where targets are near unit scale (a mean within ±10, a deviation
    of 0.1 to 10).
    """

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the run train a network whose answers are scaled, if there is need."""
        scale = _scale(run.train.targets) if isinstance(run.task, Regression) else None
        if scale is None or not _can_be_scaled(run, scale):
            yield
            return
        mean, deviation = scale
        head = _Head(maker(run.network.outputs[0]), mean, deviation)
        layer = keras.layers.Rescaling(deviation, mean, dtype="float32", name="unit")
        whole, model = run.network, keras.Model
        run.network = model(whole.input, layer(whole.output), name=whole.name)
        run.loss_scale = _loss_scale(run, mean, deviation)
        with run.mirror(show=head.show, take=head.take):
            yield


class _Head:
    """The last layer of a regression, in deviations or in the user's unit."""

    def __init__(self, layer, mean, deviation):
        self.layer, self.mean, self.deviation = layer, mean, deviation
        self.unit = None
        kernel, bias = layer.get_weights()
        if np.any(bias):  # trained before, in the user's unit
            self._take_out(kernel, bias)

    def show(self):
        """Take mean and deviation into the weights."""
        self.scaled = kernel, bias = self.layer.get_weights()
        bias = bias.astype("float64") * self.deviation + self.mean
        self.layer.set_weights([kernel * self.deviation, bias])
        self.unit = self.layer.get_weights()

    def take(self):
        """Take them out again, to the bit if nobody changed the weights."""
        now = self.layer.get_weights()
        if all(map(np.array_equal, now, self.unit)):
            self.layer.set_weights(self.scaled)
        else:
            self._take_out(*now)

    def _take_out(self, kernel, bias):
        bias = (bias.astype("float64") - self.mean) / self.deviation
        self.layer.set_weights([kernel / self.deviation, bias])


def _scale(targets):
    """Return mean and deviation of targets far from unit scale, else `None`."""
    if getattr(targets, "ndim", 0) != 1:
        return None
    mean, deviation = (float(f(targets, dtype="float64")) for f in (np.mean, np.std))
    largest = float(np.max(np.abs(targets)))
    if largest > _FAR or 0 < largest < 1 / _FAR:
        raise InputError(
            f"The targets are as large as {largest:.1g}, whose square float32 does not "
            "hold. Give them in another unit."
        )
    near = deviation == 0 or 1 / _NEAR <= deviation <= _NEAR
    if near and abs(mean) <= _NEAR:
        return None
    return mean, deviation or 1.0


def _can_be_scaled(run, scale):
    head = maker(run.network.outputs[0])
    plain = type(head) is keras.layers.Dense and head.units == 1 and head.use_bias
    if plain and head.activation is keras.activations.linear:
        return len(head.trainable_weights) == 2 == len(head.weights)
    warnings.warn(
        f"The targets have a mean of {scale[0]:.3g} and a deviation of {scale[1]:.3g}. "
        "They are learned as they are, since the model does not end in a Dense layer "
        "with a bias and no activation: that may take very long. Give them in another "
        "unit, or the model such a head: replace_head(model, num_classes=1).",
        stacklevel=6,
    )
    return False


def _loss_scale(run, mean, deviation):
    """Return what makes the loss of the best constant answer 1.

    It multiplies the loss for the gradients only, as targets of unit scale would:
    the loss that is shown stays in the user's unit.
    """
    targets = run.train.targets[:4096, None]
    loss = keras.losses.get(run.loss)(targets, np.full_like(targets, mean))
    loss = float(np.mean(keras.ops.convert_to_numpy(loss), dtype="float64"))
    usable = np.isfinite(loss) and loss > 0
    return 1 / loss if usable else 1 / deviation**2
