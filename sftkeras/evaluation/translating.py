"""Where a translator looks while it writes (article §6.4)."""

import numpy as np

from sftkeras.errors import InputError
from sftkeras.graph import task_of
from sftkeras.inputs.translation import END, START, TARGET
from sftkeras.models.forms import as_functional
from sftkeras.tasks.running import run
from sftkeras.tasks.steps import Steps


def source_attention(model, original, translation=None):
    """Return how much each unit of a translation looks at each token of the original.

    Of the last block, the mean over its heads; masks stand for what is carried over.

    Args:
        model: a `keras.Model` of `load_translator`.
        original: str.
        translation: str, with masks as the original's. Defaults to `None`: the
            model's own.

    Returns:
        `(weights (T, S), S tokens, T units and the end)`.

    Raises:
        InputError: the model is no translator.
    """
    model = as_functional(model)
    task = task_of(model)
    if getattr(task, "kind", "") != "translation":
        raise InputError("`source_attention` is for a translator: load_translator().")
    front = task.preprocessor
    masked, _ = front.masked(original)
    if translation is None:
        (translation,) = task.answer(model, [masked])
    units = front.encode_target(translation, "`translation`")
    rows = task.encode(model, [masked])
    rows.inputs.pop(TARGET)
    steps = Steps(model)
    states = run(steps.reader, rows).take(np.arange(1))
    state = steps.start(states, rows.take(np.arange(1))["padding_mask"])
    weights = []
    for unit in [START, *units]:
        _, state, looked = steps.look(np.array([unit]), state)
        weights.append(np.asarray(looked)[0])
    tokenizer = front.layer.tokenizer
    tokens = [tokenizer.id_to_token(int(i)) for i in rows.inputs["token_ids"][0]]
    tokens = [token.replace("▁", " ").strip() or token for token in tokens]
    return np.stack(weights), tokens, front.pieces([*units, END])
