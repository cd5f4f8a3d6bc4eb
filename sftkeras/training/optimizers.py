"""Optimizers: those of Keras, and Adam in one TensorFlow operation (article §4.2.3)."""

import inspect
import numbers

import keras

from sftkeras.errors import InputError, suggest
from sftkeras.graph import moments


def make_optimizer(recipe, defaults, steps):
    """Return a new optimizer for a run.

    Args:
        recipe: a `Recipe`; its `optimizer` and `learning_rate` are read.
        defaults: {"optimizer": what is taken if none is given, "rate": function of a
            float that returns a schedule or a float, "learning_rate": float}.
        steps: int, of the whole run.
    """
    optimizer = recipe.optimizer or defaults["optimizer"]
    rate = recipe.learning_rate
    if isinstance(optimizer, keras.optimizers.Optimizer):  # its settings, not its state
        config = optimizer.get_config()
        if "learning_rate" not in config:
            raise InputError(
                f"`optimizer`: {type(optimizer).__name__} has no learning rate of its "
                "own. Give the optimizer within."
            )
        if rate is not None:
            config["learning_rate"] = _serialized(_rate(rate, defaults, steps))
        return type(optimizer).from_config(config)
    rate = _rate(defaults["learning_rate"] if rate is None else rate, defaults, steps)
    return _factory(optimizer)(learning_rate=rate)


def _rate(rate, defaults, steps):
    """Return what a Keras optimizer takes: a float or a `LearningRateSchedule`."""
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return rate
    if not callable(rate):
        return defaults["rate"](float(rate), steps)
    try:
        made = rate(steps)
    except TypeError as error:
        raise InputError(
            "`learning_rate` must be a number, a schedule, or a function of the number "
            f"of steps. Received: {rate!r} ({error})"
        ) from error
    number = isinstance(made, numbers.Real)
    if not number and not isinstance(
        made, keras.optimizers.schedules.LearningRateSchedule
    ):
        raise InputError(
            "`learning_rate` must return a Keras schedule or a number, as "
            f"one_cycle(3e-4) does. Received: {rate!r}, which returns {made!r}"
        )
    return made


def _serialized(rate):
    schedules = keras.optimizers.schedules
    plain = not isinstance(rate, schedules.LearningRateSchedule)
    return rate if plain else schedules.serialize(rate)


def _factory(optimizer):
    if isinstance(optimizer, str):
        if optimizer.lower() == "adam":
            return FusedAdam
        kinds = {
            name.lower(): kind
            for name, kind in vars(keras.optimizers).items()
            if isinstance(kind, type)
            and issubclass(kind, keras.optimizers.Optimizer)
            and "learning_rate" in inspect.signature(kind).parameters
        }
        if optimizer.lower() not in kinds:
            raise InputError(
                f"There is no optimizer {optimizer!r}.{suggest(optimizer, kinds)} "
                f"Keras has: {', '.join(kinds)}."
            )
        return kinds[optimizer.lower()]
    if not callable(optimizer):
        raise InputError(
            "`optimizer` must be a Keras optimizer, its name, or a function of "
            f"`learning_rate` that returns one. Received: {optimizer!r}"
        )

    if "learning_rate" in getattr(optimizer, "keywords", {}):
        raise InputError(
            "`optimizer`: give its learning rate as learning_rate=…, not within it."
        )

    def build(learning_rate):
        made = optimizer(learning_rate=learning_rate)
        if not isinstance(made, keras.optimizers.Optimizer):
            raise InputError(
                "`optimizer` must return a Keras optimizer. "
                f"Received: {type(made).__name__}"
            )
        return made

    return build


def has_schedule(optimizer):
    """Return whether an optimizer's rate follows a schedule."""
    return isinstance(optimizer.get_config().get("learning_rate"), dict)


def plain(optimizer):
    """Return an optimizer of Keras' own with the same settings, not built.

    What a trained model is compiled with, so that a plain Keras can open its file.
    """
    kind = type(optimizer)
    kind = keras.optimizers.Adam if kind is FusedAdam else kind
    made = kind.from_config(optimizer.get_config())
    if not optimizer.gradient_accumulation_steps:  # so that its rate is the true one
        made.iterations.assign(optimizer.iterations)
    return made


@keras.saving.register_keras_serializable("sftkeras")
class FusedAdam(keras.optimizers.Adam):
    """Keras' Adam, with TensorFlow's fused kernel for the update.

    The same formula and state as `keras.optimizers.Adam`; but where Keras writes it
    as a dozen operations a weight, each a pass over memory and a node of the graph,
    TensorFlow has one. On other backends, and with `amsgrad`, it is Keras' own.

    They differ on an embedding whose id occurs twice in a batch: here, as in the
    paper, the two gradients are added before they are squared; Keras 3.15 squares
    them one by one.
    """

    def apply(self, grads, trainable_variables=None):
        """Update all variables; what they share is computed once."""
        vars(self)["shared"] = {}
        try:
            super().apply(grads, trainable_variables)
        finally:
            vars(self).pop("shared", None)  # gone, if another GPU's was first

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable and its two moments, in place."""
        if keras.backend.backend() != "tensorflow" or self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        m, v = (moment.value for moment in moments(self, variable))
        if isinstance(variable, keras.Variable):
            variable = variable.value
        dtype, shared = variable.dtype, vars(self).get("shared", {})
        if dtype not in shared:
            shared[dtype] = self._coefficients(dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=m.handle,
            v=v.handle,
            lr=tf.cast(learning_rate, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
            **shared[dtype],
        )

    def _coefficients(self, dtype):
        """Return betas, their powers and epsilon, by the operation's names."""
        import tensorflow as tf

        step = tf.cast(self.iterations.value + 1, dtype)
        beta_1, beta_2 = tf.cast(self.beta_1, dtype), tf.cast(self.beta_2, dtype)
        return {
            "beta1_power": tf.pow(beta_1, step),
            "beta2_power": tf.pow(beta_2, step),
            "beta1": beta_1,
            "beta2": beta_2,
            "epsilon": tf.cast(self.epsilon, dtype),
        }
