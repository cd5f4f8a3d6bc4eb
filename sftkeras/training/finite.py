"""Training stops where numbers end: not-a-number and infinity (article §3.4)."""

import math

import keras
import numpy as np

from sftkeras.errors import DivergedError, InputError
from sftkeras.graph import all_layers
from sftkeras.tasks.finite import weight_not_finite

_LARGE = 1e4  # of numbers in the data that a network may not stand


class StopNotFinite(keras.callbacks.Callback):
    """Raises `DivergedError` when loss or weights are no numbers any more.

    The loss is looked at after each step (or call of several), the weights after each
    epoch, since a ReLU makes 0 of not-a-number and the loss looks well. The network
    then has the weights of the last good epoch, or those from before training.

    Args:
        run: a `Run`, its network compiled.
    """

    def __init__(self, run):
        super().__init__()
        self.run, self.epoch, self.step = run, 0, 0
        self.highest = _peak(run.optimizer)  # learning rate, as far as it is known
        self.good, self.kept = None, "from before training"

    def on_train_begin(self, logs=None):
        """Note the weights that are there."""
        if name := weight_not_finite(self.run.network):
            raise InputError(
                f"The model's weight {name} holds not-a-number or infinity before "
                "training. Load the model again, or build it anew."
            )
        self._remember()

    def on_epoch_begin(self, epoch, logs=None):
        """Note which it is."""
        self.epoch, self.step = epoch, 0

    def on_train_batch_end(self, batch, logs=None):
        """Look at the loss."""
        if not self.step:  # callbacks have set it by now
            self._rate()
        self.step = batch + 1
        self._check_loss("loss", logs)

    def on_epoch_end(self, epoch, logs=None):
        """Look at the validation loss and at the weights."""
        self._check_loss("loss", logs)
        self._check_loss("val_loss", logs)
        if name := weight_not_finite(self.run.network):
            self._stop(f"the weight {name} is not finite")
        self._remember()
        self.kept = f"of epoch {epoch + 1}"

    def _check_loss(self, name, logs):
        loss = (logs or {}).get(name, 0.0)
        if not math.isfinite(loss):
            self._stop(f"the {name} is {loss}")

    def _remember(self):
        values = [keras.ops.convert_to_numpy(w) for w in self._weights()]
        if self.good is None:
            self.good = [value.copy() for value in values]
        else:  # into the memory that is there: new pages would cost as much again
            for good, value in zip(self.good, values, strict=True):
                np.copyto(good, value)

    def _weights(self):
        """Return what training changes: trained weights, BatchNorm's statistics."""
        network, kind = self.run.network, keras.layers.BatchNormalization
        norms = [layer for layer in all_layers(network) if isinstance(layer, kind)]
        return [
            *network.trainable_weights,
            *(weight for layer in norms for weight in layer.non_trainable_weights),
        ]

    def _stop(self, what):
        rate = self._rate()
        for weight, good in zip(self._weights(), self.good, strict=True):
            weight.assign(good)
        raise DivergedError(
            f"Training stopped in epoch {self.epoch + 1}, step {self.step}, at a "
            f"learning rate of {rate:.3g}: {what}. {self._cause(what)} "
            f"The model has the weights {self.kept}.",
            epoch=self.epoch,
            step=self.step,
            learning_rate=rate,
        )

    def _rate(self):
        """Return the learning rate, and note the highest one."""
        rate = float(self.run.optimizer.learning_rate)
        self.highest = max(self.highest, rate)
        return rate

    def _may_be_too_high(self, what):
        """Return whether the rate may be a cause: updates came before what was seen."""
        updates = int(self.run.optimizer.iterations) - what.startswith("the loss")
        return self.highest > 0 and updates > 0

    def _cause(self, what):
        lower = self._may_be_too_high(what)
        if what.startswith("the val_loss"):
            return (
                "The model gives such answers to the validation data: look for rows of "
                f"extreme size{', or lower the rate' * lower}."
            )
        causes = []
        layers = all_layers(self.run.network)
        if "float16" in {getattr(layer, "compute_dtype", "") for layer in layers}:
            causes.append(
                "the model computes in float16, whose numbers end at 65504: build it "
                "with the policy 'mixed_bfloat16' or 'float32', or scale its inputs"
            )
        if self.run.recipe.mixed_precision:
            causes.append("half precision may have overflowed: mixed_precision=False")
        if callable(self.run.recipe.loss):
            causes.append("the given loss may take the logarithm or root of 0 or less")
        if (size := _largest(self.run.train.parts)) > _LARGE:
            causes.append(
                f"the data hold numbers as large as {size:.1g}: scale them, such as to "
                "a mean of 0 and a deviation of 1"
            )
        if lower:
            causes.append(
                "the rate may be too high: try "
                f"learning_rate={self.highest / 10:.1g}, or clip gradients "
                "(clipnorm=1.0 of a Keras optimizer)"
            )
        if not causes:
            causes.append(
                "no update came before, so that it is not the rate: look at the "
                "model's own layers, its weights and its loss"
            )
        causes = "; or ".join(causes)
        return f"{causes[0].upper()}{causes[1:]}."


def _peak(optimizer):
    """Return the highest rate of an optimizer's schedule, 0 where none says it."""
    found = optimizer.get_config().get("learning_rate")
    config = found.get("config", {}) if isinstance(found, dict) else {}
    rates = [config.get(name) for name in ("initial_learning_rate", "warmup_target")]
    return max([0.0, *(rate for rate in rates if isinstance(rate, float))])


def _largest(parts):
    """Return the largest size of a float in inputs, targets and weights; 0 of none."""
    columns = [getattr(c, "values", c) for c in keras.tree.flatten(parts)]
    floats = [c for c in columns if getattr(c, "dtype", np.dtype("int")).kind == "f"]
    return max((float(np.abs(c).max()) for c in floats if c.size), default=0.0)
