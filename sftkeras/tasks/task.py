"""`Task`: what is learned, declared as an object (article §4.1)."""

import dataclasses

import keras

from sftkeras.errors import InputError
from sftkeras.graph import carried
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import make_rows
from sftkeras.inputs.texts import check_pairs
from sftkeras.inputs.windows import mean_by_owner
from sftkeras.tasks.answers import Answers  # noqa: F401  where it was
from sftkeras.tasks.finite import check_outputs
from sftkeras.tasks.running import run
from sftkeras.tasks.sequences import check_lengths


@dataclasses.dataclass(frozen=True)
class Task:
    """What a model learns: labels to arrays, arrays to answers, answers to a score.

    A model carries its task (`graph.attach`, `graph.task_of`). A new kind of task
    defines `loss`, `metrics`, `targets`, `decide` and `score`; or, if its labels are
    no arrays, `encode` and `answer`. Targets of different lengths are an
    `sftkeras.inputs.Ragged`; `decide` returns `sftkeras.tasks.Answers`. CONTRIBUTING
    names an example. A bundle holds the tasks of this package only.

    Args:
        label_names: the labels in the order of the outputs. Defaults to `None`: they
            are learned from the labels, by `fitted_to`.
        preprocessor: what makes the network's inputs of texts. Defaults to `None`:
            the inputs are arrays.
    """

    label_names: tuple | None = None
    preprocessor: object = None

    kind = "task"
    monitor, mode = "val_loss", "min"  # what early stopping watches
    aligns_itself = False  # the loss counts frames, however long the inputs are
    lora_form = "keras"  # of `LoRA`, unless told
    has_head = True  # the last layer is this task's own, new, and always trained
    rows_at_once = 32  # when it answers, unless told

    def head(self, seed=None):
        """Return the output layer for this task."""
        raise NotImplementedError(f"{type(self).__name__} has no head of its own.")

    @property
    def loss(self):
        """The Keras loss that fits head and targets."""
        raise NotImplementedError

    @property
    def metrics(self):
        """The Keras metrics to follow in training, newly made."""
        return []

    def fitted_to(self, labels):
        """Return the task as these labels make it: with their names."""
        return self

    def for_loss(self, loss, labels):
        """Return the task with another loss; `"auto"` is its own."""
        if isinstance(loss, str) and loss == "auto":
            return self
        raise InputError(
            f"The task {self.kind!r} has a loss of its own. Write loss='auto'."
        )

    def targets(self, labels):
        """Return what the loss compares the outputs with: an array, N rows."""
        raise NotImplementedError

    def encode(self, model, inputs, labels=None, name="labels"):
        """Return the `Rows` of raw inputs, with targets if there are labels.

        Args:
            model: the `keras.Model` whose inputs they are to be.
            inputs: as in `fine_tune`.
            labels: N labels. Defaults to `None`.
            name: str, what the labels are called in an error. Defaults to `"labels"`.

        Raises:
            InputError: inputs that do not fit, or more or fewer labels than rows.
        """
        rows = make_rows(model, inputs, self.preprocessor)
        check_pairs(carried(model).pairs, rows.pairs)
        if labels is None:
            return rows
        if len(rows) != len(labels):
            raise InputError(
                f"There must be as many {name} as rows. "
                f"Received: {len(rows)} rows, {len(labels)} {name}"
            )
        targets = self.targets(labels)
        check_lengths(model, rows, targets, self, name)
        found = type(rows)(rows.inputs, targets)
        found.pairs = rows.pairs
        return found

    def answer(self, model, inputs, batch_size=32, long_texts="cut", fast=False, **how):
        """Return `Answers`: N answers of the kind of the labels.

        Args:
            model: a `keras.Model`.
            inputs: as in `fine_tune`.
            batch_size: int. Defaults to `32`.
            long_texts: `"cut"` or `"windows"`, as in `predict`. Defaults to `"cut"`.
            fast: bool, as in `predict`. Defaults to `False`.
            how: as in `decide`.
        """
        if long_texts == "cut":
            outputs = run(model, self.encode(model, inputs), batch_size, fast)
            check_outputs(model, outputs)
            return self.decide(outputs, **how)
        if long_texts != "windows":
            raise InputError(
                f"`long_texts` must be 'cut' or 'windows'. Received: {long_texts!r}"
            )
        rows = make_rows(model, inputs, self.preprocessor, long_texts)
        check_pairs(carried(model).pairs, rows.pairs)
        outputs = run(model, rows, batch_size, fast)
        check_outputs(model, outputs, rows.owners)
        if isinstance(outputs, Ragged):
            raise InputError("long_texts='windows' is for one answer a text.")
        return self.choose(
            mean_by_owner(self.probabilities(outputs), rows.owners), **how
        )

    def probabilities(self, outputs):
        """Return what windows of a text are averaged in: the outputs themselves."""
        return outputs

    def choose(self, probabilities, **how):
        """Return `Answers` from what `probabilities` returned; see `decide`."""
        return self.decide(probabilities, **how)

    def decide(self, outputs):
        """Return `Answers` from the model's outputs `(N, …)`."""
        raise NotImplementedError

    def score(self, labels, answers):
        """Return {measure: number} of answers to labelled examples, ready for JSON."""
        raise NotImplementedError

    def evaluate(self, model, inputs, labels, batch_size=32, weights=None, **how):
        """Return `score` of `answer`; the arguments are theirs.

        Args:
            model, inputs, labels, batch_size, how: as in `answer` and `score`.
            weights: float array `(N,)`, for a `score` that takes them. Defaults to
                `None`.
        """
        answers = self.answer(model, inputs, batch_size, **how)
        check_as_many(len(answers), labels)
        more = {} if weights is None else {"weights": weights}
        return self.score(labels, answers, **more)

    def describe(self, report):
        """Return a report of `score` as text."""
        return "\n".join(
            f"{name}: {value:.4f}"
            for name, value in report.items()
            if isinstance(value, float)
        )

    def weigh(self, class_weight, targets):
        """Return the weight of each row, `(N,)`; `None` for none."""
        if class_weight is None:
            return None
        raise InputError("`class_weight` is for classes; this is no classification.")

    def suggested(self, extent, rows):
        """Return `(learning rate, epochs, batch size)` that suit it in `fine_tune`.

        Args:
            extent: `"head"`, `"part"` or `"all"`, what is trained; or `"adapters"`.
            rows: int, how many examples there are.

        Returns:
            `None` for `fine_tune`'s own.
        """
        return None

    def replaced(self, **fields):
        """Return the task with other fields."""
        return dataclasses.replace(self, **fields)

    def config(self):
        """Return what `save` and bundles keep, without the preprocessor."""
        found = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name not in ("preprocessor", "chosen_loss")
        }
        return {"kind": self.kind, **found}


def check_as_many(rows, labels):
    """Raise if there is not one label for each of so many rows."""
    if labels is None or len(labels) != rows:
        received = "none" if labels is None else f"{len(labels)} labels"
        raise InputError(
            f"There must be one label a row. Received: {rows} rows, {received}"
        )


def dense_head(units, activation, seed):
    """Return a `Dense` named `head`, always float32.

    Probabilities in half precision round to 0 and 1.
    """
    return keras.layers.Dense(
        units,
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=seed),
        dtype="float32",
        name="head",
    )
