"""`Run`: one run of training, as techniques see and change it (article §3.4)."""

import contextlib
import dataclasses
import random
from typing import Any

import keras

from sftkeras.errors import InputError
from sftkeras.graph import index_of
from sftkeras.inputs.naming import remember_pairs
from sftkeras.inputs.rows import Rows
from sftkeras.inputs.token_batches import TokenPlan
from sftkeras.tasks.following import measures, watch
from sftkeras.tasks.task import Task
from sftkeras.tasks.weights import weigh
from sftkeras.training.by_tokens import plan_batches
from sftkeras.training.compute import choose_jit
from sftkeras.training.examples import split_off
from sftkeras.training.optimizers import make_optimizer
from sftkeras.training.recipe import Recipe
from sftkeras.training.watching import check_rate_is_free, settle_rate


@dataclasses.dataclass
class Run:
    """One run of training.

    A technique is any object with `applied_to(run)`, a context manager: it changes
    the run when it is entered and puts things right when it is left, also when
    training was interrupted. Techniques are entered in order, and left in reverse.

    Attributes:
        model: the model that the user will get; frozen and unfrozen as it shall be.
        network: the model that is compiled and fitted, at first the functional form of
            `model`. A technique may put another in its place: half of it, or one with
            adapters.
        task: the `Task`.
        train, validation: `Rows` with targets; `validation` may be `None`.
        data, validation_data: the raw `(inputs, labels)` of the two.
        optimizer: a Keras optimizer, not yet built.
        loss, metrics: what `network` is compiled with.
        trained: the model whose trainable weights are trained: at first as `network`,
            or one with adapters in its place.
        loss_weight: float, of `loss`, beside losses that layers add.
        callbacks: list of Keras callbacks.
        recipe: the `Recipe`, as it was given.
        epochs, batch_size, patience: int; the last may be `None`.
        jit_compile: bool.
        plan: the `TokenPlan` of the batches, `None` if they have `batch_size` rows.
        tokens_a_length: int, as many tokens as a step trains on while XLA compiles a
            part of it for one more length of batch; `None` if it compiles none.
        on_shapes: list of functions, called before the first step with the shapes of
            the batches to come, a set of (rows, length).
        loss_scale: float, which multiplies the loss for the gradients only.
        monitor, mode: what early stopping watches, and `"min"` or `"max"`.
        mirrors: list of pairs of functions, which `mirror` keeps.
        seeds: `random.Random`, from which new layers take seeds: see `drawing_from`.
    """

    model: keras.Model
    network: keras.Model
    task: Task
    train: Rows
    validation: Rows | None
    data: tuple
    validation_data: tuple | None
    optimizer: Any
    loss: Any
    metrics: list
    callbacks: list
    recipe: Recipe
    epochs: int
    batch_size: int
    patience: int | None
    jit_compile: bool
    plan: TokenPlan | None = None
    tokens_a_length: int | None = None
    loss_weight: float | None = None
    loss_scale: float = 1.0
    monitor: str | None = None
    mode: str | None = None
    trained: keras.Model | None = None
    seeds: random.Random | None = None
    kept_metrics: tuple = ()  # what the user's model was compiled with
    mirrors: list = dataclasses.field(default_factory=list)
    on_shapes: list = dataclasses.field(default_factory=list)
    shown: bool = False  # nothing was trained since the model was brought up to date

    def __post_init__(self):
        self.trained = self.trained or self.network
        self.seeds = self.seeds or random.Random(int(self.recipe.seed))

    @property
    def parts(self):
        """The list of the `Rows`: of training, and of validation if there are any."""
        return (
            [self.train] if self.validation is None else [self.train, self.validation]
        )

    @parts.setter
    def parts(self, rows):
        self.train, self.validation = [*rows, None][:2]

    @contextlib.contextmanager
    def mirror(self, show, take):
        """Let something else be trained in place of a part of the model, for a while.

        Args:
            show: function that brings the model up to date. It is called for users'
                callbacks, and in the end.
            take: function that takes over what a callback then changed in the model.
        """
        pair = show, take
        self.mirrors.append(pair)
        try:
            yield
        finally:
            self.mirrors.remove(pair)
            if not self.shown:
                show()

    @contextlib.contextmanager
    def whole(self, last=False):
        """Bring the model up to date, then take over what was changed in it.

        Args:
            last: bool, whether training is over: the model stays as it is then left.
                Defaults to `False`.
        """
        for show, _ in reversed(self.mirrors):
            show()
        self.shown = True
        yield self.model
        if not last:
            for _, take in self.mirrors:
                take()
            self.shown = False

    def compile_model(self, optimizer):
        """Compile the user's model, as plain Keras knows it."""
        metrics = [*self.task.metrics, *self.kept_metrics]
        self.model.compile(optimizer, self.task.loss, metrics=metrics)

    def on_update(self, change):
        """Have each update of a weight changed, whatever the optimizer.

        Args:
            change: function of `(gradient, variable, rate, number)` that returns
                `(gradient, rate)`; `number` is the weight's place in
                `network.trainable_variables`. (Inside a step TensorFlow hands over
                variables without a path.)
        """
        update = self.optimizer.update_step

        def changed(gradient, variable, learning_rate):
            number = index_of(self.optimizer, variable)
            gradient, rate = change(gradient, variable, learning_rate, number)
            update(gradient, variable, rate)

        self.optimizer.update_step = changed


def prepare(model, task, data, validation, recipe, defaults, network=None):
    """Return the `Run` of a model on data, nothing compiled.

    Args:
        model: the `keras.Model`, frozen as it shall be.
        task: its `Task`, fitted to the labels.
        data: `Given` training data, with labels.
        validation: `Given` validation data, or `None`.
        recipe: a `Recipe`.
        defaults: a dictionary of what a setting is that was not given: `epochs`,
            `batch_size`, `patience`, `optimizer`, and `rate`, from which
            `learning_rate` is made.
        network: the functional form of `model`, which is fitted. Defaults to `None`:
            `model` itself.
    """
    network = network or model
    if recipe.validation_split is not None:
        data, validation = split_off(network, task, data, validation, recipe)
    task = task.for_loss(recipe.loss, data.labels)
    remember_pairs((model, network), None)  # of an earlier training
    train = task.encode(network, data.inputs, data.labels)
    remember_pairs((model, network), train.pairs)
    train.weights = weigh(task, train, recipe.class_weight, data.weights)
    held = None
    if validation is not None:
        labels, name = validation.labels, "validation labels"
        held = task.encode(network, validation.inputs, labels, name)
        held.weights = weigh(
            task, held, None, validation.weights, "validation sample weights"
        )
    metrics = measures(task, recipe.metrics, recipe.monitor)
    monitor, mode = watch(task, metrics, recipe.monitor, held is not None)
    epochs = recipe.epochs or defaults["epochs"]
    batch_size = recipe.batch_size or defaults["batch_size"]
    patience = recipe.patience
    if patience == "auto":
        patience = defaults["patience"]
    if recipe.monitor != "auto" and patience is None:
        raise InputError(
            "`monitor` is what early stopping watches: give patience=… too."
        )
    jit_compile = choose_jit(recipe.jit_compile)
    plan = plan_batches(network, train, recipe, epochs, jit_compile)
    steps = epochs * (plan.steps if plan else -(-len(train) // batch_size))
    pair = None if validation is None else (validation.inputs, validation.labels)
    defaults = settle_rate(recipe.callbacks, recipe, defaults)
    optimizer = make_optimizer(recipe, defaults, steps)
    check_rate_is_free(recipe.callbacks, optimizer)
    return Run(
        model=model,
        network=network,
        task=task,
        train=train,
        validation=held,
        data=(data.inputs, data.labels),
        validation_data=pair,
        optimizer=optimizer,
        loss=task.loss,
        metrics=metrics,
        monitor=monitor,
        mode=mode,
        callbacks=list(recipe.callbacks),
        recipe=recipe,
        epochs=epochs,
        batch_size=batch_size,
        patience=patience and patience * defaults.get("patient", 1),
        jit_compile=jit_compile,
        plan=plan,
    )
