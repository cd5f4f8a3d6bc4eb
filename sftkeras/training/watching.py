"""Users' callbacks see the user's model, whatever is trained in its place (§3.4)."""

import contextlib
import numbers
import warnings

import keras

from sftkeras.errors import InputError
from sftkeras.graph import has_graph
from sftkeras.training.optimizers import has_schedule, plain

_CALLBACKS = keras.callbacks
# They set the rate, epoch by epoch: a schedule would not let them.
_RULE_THE_RATE = (_CALLBACKS.ReduceLROnPlateau, _CALLBACKS.LearningRateScheduler)
_REFUSED = {
    "BackupAndRestore": "Give backup_dir=…, which keeps all that is trained.",
    "SwapEMAWeights": "Give the optimizer use_ema=True: the model ends up with the "
    "averages.",
}
_ALIASES = {"on_train_batch_begin": "on_batch_begin"}
_ALIASES |= {"on_train_batch_end": "on_batch_end"}


class Watching(keras.callbacks.Callback):
    """Hands what happens in training on to the users' callbacks.

    Half of the user's model may be trained, or one with adapters in its place: see
    `Run.whole`. The callbacks see the user's model with the weights of the moment, its
    optimizer at the rate of the moment; weights and rates that they set are taken
    over, and so is `stop_training`.

    Args:
        run: a `Run`, its network compiled.
    """

    def __init__(self, run):
        super().__init__()
        self.run, self.callbacks = run, list(run.callbacks)
        self.last_logs = None

    def set_params(self, params):
        """Hand them on."""
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model):
        """Give the callbacks the user's model instead."""
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(self.run.model)

    def on_train_begin(self, logs=None):
        """Hand it on."""
        self.run.model.stop_training = False
        self._tell("on_train_begin", logs)

    def on_train_end(self, logs=None):
        """Wait: the best epoch's weights are not back yet; see `finish`."""
        self.last_logs = logs

    def finish(self):
        """Tell of the end of training; what the callbacks make of the model stays."""
        self._tell("on_train_end", self.last_logs, last=True)

    def on_epoch_begin(self, epoch, logs=None):
        """Hand it on."""
        self._tell("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        """Hand it on."""
        self._tell("on_epoch_end", epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        """Hand it on."""
        self._tell("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        """Hand it on."""
        self._tell("on_train_batch_end", batch, logs)

    def on_test_begin(self, logs=None):
        """Hand it on."""
        self._tell("on_test_begin", logs)

    def on_test_end(self, logs=None):
        """Hand it on."""
        self._tell("on_test_end", logs)

    def on_test_batch_begin(self, batch, logs=None):
        """Hand it on."""
        self._tell("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch, logs=None):
        """Hand it on."""
        self._tell("on_test_batch_end", batch, logs)

    def _tell(self, hook, *what, last=False):
        callbacks = [found for found in self.callbacks if hears(found, hook)]
        if not callbacks:
            return
        looking = any(_looks(callback, hook) for callback in callbacks)
        with self.run.whole(last) if looking else contextlib.nullcontext():
            rate = self._show_optimizer()
            for callback in callbacks:
                try:
                    getattr(callback, hook)(*what)
                except TypeError as error:
                    raise _schedule_in_the_way(callback, error) or error from error
            self._take_rate(rate)
        if self.run.model.stop_training:
            self.model.stop_training = True

    def _show_optimizer(self):
        """Bring the model's optimizer up to date; return its rate, unless scheduled."""
        shown, used = self.run.model.optimizer, self.run.optimizer
        if shown is used or not hasattr(shown, "iterations"):
            return None
        if not used.gradient_accumulation_steps:
            shown.iterations.assign(used.iterations)
        if has_schedule(used):
            return None
        shown.learning_rate = float(used.learning_rate)
        return float(shown.learning_rate)

    def _take_rate(self, before):
        if before is not None:
            now = float(self.run.model.optimizer.learning_rate)
            if now != before:
                self.run.optimizer.learning_rate = now


def hears(callback, hook):
    """Return whether a callback does anything when a hook of its is called."""
    return any(
        getattr(getattr(callback, name), "__func__", None)
        is not getattr(keras.callbacks.Callback, name)
        for name in (hook, _ALIASES.get(hook, hook))
    )


def _looks(callback, hook):
    """Return whether a callback may look at the model; of Keras' own some never do."""
    kind, batch = type(callback), "batch" in hook
    if kind is _CALLBACKS.ModelCheckpoint and batch:
        return callback.save_freq != "epoch"
    blind = (_CALLBACKS.CSVLogger, _CALLBACKS.TerminateOnNaN)
    return kind not in (*blind, *((_CALLBACKS.TensorBoard,) if batch else ()))


def show_model(run):
    """Compile the user's model as it will be in the end, for its callbacks to see.

    If it is the network itself, and compiled with an optimizer or measures that plain
    Keras does not know, a file that a callback saves could not be opened: then the
    network becomes another model of the same layers.
    """
    ours = not type(run.optimizer).__module__.startswith("keras.")
    if run.network is run.model and ours and has_graph(run.model):
        model = run.model
        run.network = keras.Model(model.input, model.output, name=model.name)
    if run.network is not run.model:
        run.compile_model(plain(run.optimizer))


def settle_rate(callbacks, recipe, defaults):
    """Return defaults for a run whose callbacks may rule the learning rate.

    Raises:
        InputError: a callback that cannot work here.
    """
    for callback in callbacks:
        for kind in type(callback).__mro__:
            if kind.__name__ in _REFUSED and kind.__module__.startswith("keras."):
                raise InputError(
                    f"`callbacks`: {kind.__name__} does not work here. "
                    + _REFUSED[kind.__name__]
                )
    ruling = [c for c in callbacks if isinstance(c, _RULE_THE_RATE)]
    given = recipe.learning_rate
    if not ruling or not (given is None or isinstance(given, numbers.Real)):
        return defaults
    if not isinstance(defaults["rate"](1e-3, 10), numbers.Real):
        warnings.warn(
            f"{type(ruling[0]).__name__} rules the learning rate: it starts at "
            f"{defaults['learning_rate'] if given is None else given:g}, without "
            "fine_tune's own schedule.",
            stacklevel=6,
        )
    return {**defaults, "rate": lambda rate, steps: rate}


def check_rate_is_free(callbacks, optimizer):
    """Raise if a callback is to rule a rate that a schedule rules already."""
    ruling = [c for c in callbacks if isinstance(c, _RULE_THE_RATE)]
    if ruling and has_schedule(optimizer):
        raise InputError(
            f"`callbacks`: {type(ruling[0]).__name__} rules the learning rate, and so "
            "does the schedule. Give learning_rate as a number, or leave it out."
        )


def _schedule_in_the_way(callback, error):
    """Return the `InputError` for a callback that sets the rate despite a schedule."""
    if "LearningRateSchedule" not in str(error):
        return None
    return InputError(
        f"The callback {type(callback).__name__} sets the learning rate, which follows "
        "a schedule. Give learning_rate=sft.constant(rate)."
    )
