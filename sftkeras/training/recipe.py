"""`Recipe`: every setting of training, documented, checked and listed once."""

import dataclasses
import inspect
import textwrap

from sftkeras.errors import InputError, suggest
from sftkeras.training.checks import (
    REAL,
    WHOLE,
    above_zero,
    as_tuple,
    check_callbacks,
    check_directory,
    check_metrics,
    check_monitor,
    check_rate,
    check_seed,
    check_techniques,
    one_of,
    share,
)


def _setting(default, text, check=None, **option):
    """A field: its default, its documentation, its check, its command-line option."""
    metadata = {"text": text, "check": check, "option": option or None}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train: every setting of `fine_tune`, `train_model` and `fit`.

    A recipe can be kept, printed, and given to several runs; a setting given beside
    it wins. `None` and `"auto"` mean: what suits the job.

    Example:

    >>> recipe = Recipe(epochs=3, learning_rate=1e-4)
    >>> tuned = fine_tune(model, ["good", "bad"], [1, 0], recipe=recipe, verbose=0)
    >>> print(recipe.updated(seed=1))
    epochs=3, learning_rate=0.0001, seed=1
    """

    epochs: int | None = _setting(
        None,
        "int. Defaults to `None`: `fine_tune` by what is trained (see its table), "
        "`train_model` 10, the article's (§5.2).",
        above_zero(WHOLE),
        type=int,
        help="default: 10 for lstm; 4 for all layers, 3 for some, 20 for the head",
    )
    batch_size: int | None = _setting(
        None,
        "int. Defaults to `None`: `fine_tune` by what is trained, `train_model` 32, "
        "the article's.",
        above_zero(WHOLE),
        type=int,
        help="default: 32 for lstm and head, else 16",
    )
    batch_tokens: int | None = _setting(
        None,
        "int. In place of `batch_size`: a batch has as many texts of like length as "
        "fit into so many tokens, padding included; 512 are 16 texts of 32. At most "
        "5 % is padding (more with `fast` or XLA, whose lengths are few). A step "
        "counts by its texts, so that each text counts the same. (Of recordings: "
        "frames.) Defaults to `None`.",
        above_zero(WHOLE),
        type=int,
        metavar="N",
        help="in place of a batch size: as many texts as fit into N tokens",
    )
    learning_rate: object = _setting(
        None,
        "float, the peak of a schedule that rises for a tenth of the run and falls to "
        "zero (`train_model`: constant); or a schedule: `one_cycle(3e-4)`, a Keras "
        "`LearningRateSchedule`, a function of the number of steps that returns one. "
        "Defaults to `None`: `fine_tune` by what is trained; `train_model` the "
        "compiled optimizer's, or 1e-3, the article's, which fits training from "
        "scratch.",
        check_rate,
        type=float,
        help="default: by what is trained",
    )
    optimizer: object = _setting(
        None,
        "a function that makes a Keras optimizer of `learning_rate=…`, such as "
        "`functools.partial(keras.optimizers.AdamW, weight_decay=0.01)`; clipping, "
        "gradient accumulation and EMA are arguments of Keras' optimizers. Or its "
        'name, `"adamw"`, or an optimizer, whose settings are taken. Defaults to '
        "`None`: Adam (`train_model`: the compiled one).",
        None,
        metavar="NAME",
        help="a Keras optimizer: adam, adamw, sgd, lion … Default: adam",
    )
    loss: object = _setting(
        "auto",
        '`"auto"`, or a Keras loss; one that contradicts the labels is refused. '
        'Defaults to `"auto"`: follows head and labels.',
    )
    metrics: tuple = _setting(
        (),
        "list of what else to follow in training: Keras metrics, their names, or "
        '`"f1"`, `"auc"`, `"precision"`, `"recall"` (of the second class of two, else '
        "means over the classes), whatever form the labels have. Defaults to `()`: "
        "accuracy; for a regression the mean absolute error.",
        check_metrics,
    )
    monitor: object = _setting(
        "auto",
        'what early stopping watches, such as `"val_loss"` or `"val_f1"`. Defaults to '
        '`"auto"`: the validation accuracy; for a regression the validation loss; for '
        "several labels a row the validation F1.",
        check_monitor,
        metavar="NAME",
        help="what early stopping watches: val_loss, val_f1, val_auc … "
        "Default: val_accuracy",
    )
    class_weight: object = _setting(
        None,
        '`"balanced"`, or {label: weight}. Defaults to `None`.',
        None,
        choices=["balanced"],
        help="when classes differ in size",
    )
    validation_split: object = _setting(
        None,
        "float in (0, 1). That share of the training data is held out for validation, "
        "stratified for classes, equal texts on one side, drawn by `seed`. Defaults "
        "to `None`: none.",
        share,
    )
    patience: object = _setting(
        "auto",
        "int. With validation data, training stops when the validation measure has "
        "not risen for so many epochs, and the best epoch's weights are kept. `None` "
        'runs all epochs. Defaults to `"auto"`: 2 in `fine_tune`, `None` in '
        "`train_model`, as in the article. A head alone is given five times as many.",
        above_zero(WHOLE, "auto"),
        type=int,
        metavar="EPOCHS",
        help="with --val, stop after so many without a rise; default: 2, lstm 5",
    )
    techniques: tuple = _setting(
        (),
        "list of what rewrites the run: `LoRA(rank=8)`, `LayerRates(0.8)`, "
        "`Distillation(teacher)`, or your own. Defaults to `()`.",
        check_techniques,
    )
    cache_frozen: object = _setting(
        "auto",
        "bool. Compute what crosses from frozen layers to trained ones once, not once "
        'an epoch. Defaults to `"auto"`: True in `fine_tune`.',
        one_of(True, False, "auto"),
    )
    jit_compile: object = _setting(
        "auto",
        'bool or `"auto"`: compile the step with XLA. Defaults to `"auto"`: on JAX '
        "only. With it batches are padded to a few lengths, each compiled once.",
        one_of(True, False, "auto"),
        action="store_true",
        help="compile the step with XLA; on a CPU slower, measured",
    )
    mixed_precision: object = _setting(
        False,
        'bool or `"auto"`: train in bfloat16 with float32 weights; the numbers change '
        'a little. `"auto"`: where the hardware computes in it (CPUs with AMX or '
        "AVX512-BF16, GPUs of compute capability 8.0). Defaults to `False`: the same "
        "seed gives the same result on either.",
        one_of(True, False, "auto"),
        action="store_const",
        const="auto",
        help="train in bfloat16 where the hardware computes in it (see doctor)",
    )
    fast: bool = _setting(
        False,
        "bool. Train the blocks of a BERT-like encoder in few passes over memory (see "
        '`FusedBlocks`), in half precision as `mixed_precision="auto"`; or an LSTM in '
        "one operation (`FusedLSTM`). The numbers change a little (an LSTM's by "
        "rounding), the dropout of blocks draws others. Defaults to `False`: the same "
        "seed gives the same result on every processor.",
        one_of(True, False),
        action="store_true",
        help="fewer passes over memory, half precision: quicker, other numbers",
    )
    seed: int = _setting(
        0,
        "int, of the order of batches and of dropout. The same seed on the same "
        "machine gives the same weights. Defaults to `0`.",
        check_seed,
        metavar="N",
    )
    deterministic: bool = _setting(
        False,
        "bool. On a GPU, let each operation add up its numbers in one order, so that "
        "the same seed gives the same weights there too; slower. A CPU does so anyway. "
        "Defaults to `False`.",
        one_of(True, False),
        action="store_true",
        help="the same weights for the same seed on a GPU too; slower",
    )
    log_dir: object = _setting(
        None,
        "directory for TensorBoard logs. Defaults to `None`: no logs.",
        check_directory,
    )
    backup_dir: object = _setting(
        None,
        "directory for backups after each epoch, one writer at a time. The same call "
        "with the same directory goes on after an interruption, to the same bytes; "
        "when training is done, it returns its result. Defaults to `None`.",
        check_directory,
    )
    backup_minutes: float = _setting(
        10,
        "float: within an epoch too, every so many minutes (TensorFlow only). `None`: "
        "after epochs only. Defaults to `10`.",
        above_zero(REAL),
        type=float,
        metavar="N",
        help="back up within long epochs, every N minutes; default: 10",
    )
    resume: bool = _setting(
        True,
        "bool. `False` starts anew; the first epoch takes the place of what is in "
        "`backup_dir`. Defaults to `True`.",
        one_of(True, False),
    )
    callbacks: tuple = _setting(
        (), "list of `keras.callbacks.Callback`. Defaults to `()`.", check_callbacks
    )
    verbose: object = _setting(
        "auto", 'Keras\' `verbose`. Defaults to `"auto"`: a progress bar.'
    )

    def __post_init__(self):
        for name in (
            "techniques",
            "callbacks",
            "metrics",
        ):  # one, none, a generator: a tuple
            object.__setattr__(self, name, as_tuple(name, getattr(self, name)))
        for setting in dataclasses.fields(self):
            if check := setting.metadata["check"]:
                check(setting.name, getattr(self, setting.name))

    def __str__(self):
        """The settings that are not the defaults."""
        given = {
            setting.name: getattr(self, setting.name)
            for setting in dataclasses.fields(self)
            if getattr(self, setting.name) is not setting.default
        }
        return ", ".join(f"{name}={value!r}" for name, value in given.items())

    def updated(self, **settings):
        """Return the recipe with other settings; raise for a name that is none."""
        known = [setting.name for setting in dataclasses.fields(self)]
        for name in settings:
            if name not in known:
                raise InputError(
                    f"There is no setting {name!r}.{suggest(name, known)} The settings "
                    f"are: {', '.join(known)}."
                )
        return dataclasses.replace(self, **settings)


def document_settings(indent=4, defaults=None):
    """Return the documentation of all settings, as lines of a docstring's `Args:`.

    Args:
        indent: int, of the lines. Defaults to `4`.
        defaults: settings that have another default here. Defaults to `None`.
    """
    lines = []
    for setting in dataclasses.fields(Recipe):
        text = f"{setting.name}: {setting.metadata['text']}"
        if setting.name in (defaults or {}):
            text += f" Here: `{defaults[setting.name]!r}`."
        first, rest = " " * indent, " " * (indent + 4)
        lines += textwrap.wrap(text, 88, initial_indent=first, subsequent_indent=rest)
    return "\n".join(lines)


# Python 3.13 takes the indentation off docstrings, older ones leave it: cleandoc does.
Recipe.__doc__ = f"{inspect.cleandoc(Recipe.__doc__)}\n\nArgs:\n{document_settings()}\n"
