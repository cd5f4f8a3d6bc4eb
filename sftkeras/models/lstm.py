"""Models trained from scratch: the article's Embedding + LSTM (§5.2)."""

import numbers

import keras

from sftkeras.arguments import check_dropout, check_whole
from sftkeras.errors import InputError
from sftkeras.graph import carry
from sftkeras.models.heads import output_layer
from sftkeras.process import keeping_random


def create_model(
    input_dim=None,
    output_dim=32,
    units=64,
    num_classes=2,
    dropout=0.2,
    recurrent_dropout=0.0,
    learning_rate=1e-3,
    tokenizer=None,
    seed=0,
):
    """Build and compile the article's text classifier (§5.2, `create_model`).

    `Embedding → LSTM → Dense`, with the article's sizes. Three things differ:

    - `mask_zero=True`: padding is skipped. Without it the LSTM reads the padding as
      words, and its answer depends on how much of it there is.
    - `recurrent_dropout` is 0, not 0.2: any other value takes the LSTM off cuDNN on a
      GPU and halves its speed on a CPU.
    - there is no `input_length`: Keras 3 has deprecated it, and a batch need be no
      longer than its longest text.

    Example:

    >>> tokenizer = Tokenizer().fit_on_texts(["good food", "bad food"])
    >>> model = create_model(tokenizer=tokenizer)
    >>> [layer.name for layer in model.layers]
    ['token_ids', 'embedding', 'lstm', 'head']

    Args:
        input_dim: int. Number of ids, the tokenizer's `num_words`. Defaults to the
            tokenizer's vocabulary, or `10000` (the article's) without one.
        output_dim: int. Width of the embedding. Defaults to `32`.
        units: int. Width of the LSTM. Defaults to `64`.
        num_classes: int. 2 gives one sigmoid output, more give a softmax, 1 gives a
            linear output for regression. Defaults to `2`.
        dropout: float in [0, 1), on the LSTM's input. Defaults to `0.2`.
        recurrent_dropout: float in [0, 1). Defaults to `0.0`.
        learning_rate: float, Adam's. Defaults to `1e-3`.
        tokenizer: a fitted `Tokenizer`; with it the model takes raw strings.
            Defaults to `None`: the model takes int arrays `(N, T)`.
        seed: int or None. Seed of the initial weights. Defaults to `0`.

    Returns:
        A compiled `keras.Model`: int32 `(B, T)` → `(B, 1)` or `(B, num_classes)`.
    """
    for name, value in [("dropout", dropout), ("recurrent_dropout", recurrent_dropout)]:
        check_dropout(name, value)
    check_whole("units", units)
    check_whole("output_dim", output_dim)
    if input_dim is not None:
        check_whole("input_dim", input_dim)
    rate = learning_rate
    if not callable(rate) and not (isinstance(rate, numbers.Real) and rate > 0):
        raise InputError(
            f"`learning_rate` must be a number above 0. Received: {learning_rate!r}"
        )
    if tokenizer is not None and not hasattr(tokenizer, "word_index"):
        raise InputError(
            "`tokenizer` must be a fitted Tokenizer: Tokenizer().fit_on_texts(texts). "
            f"Received: {type(tokenizer).__name__} {tokenizer!r:.60}"
        )
    if input_dim is None:
        input_dim = len(tokenizer.word_index) + 2 if tokenizer else 10000
    if tokenizer and input_dim < len(tokenizer.word_index) + 2:
        raise InputError(
            f"`input_dim` must be at least {len(tokenizer.word_index) + 2}, the "
            f"tokenizer's number of ids. Received: input_dim={input_dim}"
        )
    layers = keras.layers
    inputs = keras.Input((None,), dtype="int32", name="token_ids")  # (B, T)
    with keeping_random(seed):
        x = layers.Embedding(input_dim, output_dim, mask_zero=True, name="embedding")(
            inputs
        )  # (B, T, output_dim)
        x = layers.LSTM(
            units, dropout=dropout, recurrent_dropout=recurrent_dropout, name="lstm"
        )(x)  # (B, units)
        outputs = output_layer(num_classes)(x)
    model = keras.Model(inputs, outputs, name="lstm_classifier")
    losses = {1: "mean_squared_error", 2: "binary_crossentropy"}
    loss = losses.get(num_classes, "sparse_categorical_crossentropy")
    metrics = ["mean_absolute_error"] if num_classes == 1 else ["accuracy"]
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics)
    return carry(model, tokenizer)
