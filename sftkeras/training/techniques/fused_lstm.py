"""Train an LSTM in one operation a batch, not in a loop over the words (§8.2)."""

import contextlib

from sftkeras.tasks.quick_lstm import quick_lstms


class FusedLSTM:
    """Compute a model's LSTMs through TensorFlow's `BlockLSTM`, all words in one call.

    The mathematics and the random numbers stay, what differs is rounding; over some
    epochs that can add up to another model, about as good. It is for TensorFlow on a
    CPU, and for `keras.layers.LSTM` with the usual activations and a bias, read
    forwards, without recurrent dropout or XLA. Anything else is left as it is.
    `train_model(fast=True)` has it; what it is worth: `python benchmarks/run.py`.

    Example:

    >>> tokenizer = Tokenizer().fit_on_texts(train.texts)
    >>> model = create_model(tokenizer=tokenizer)
    >>> history = train_model(
    ...     model, train.texts, train.labels, techniques=[FusedLSTM()], epochs=1,
    ...     verbose=0,
    ... )
    """

    @contextlib.contextmanager
    def applied_to(self, run):
        """Let the LSTMs compute so, until the run ends."""
        xla = run.jit_compile  # which does not know the operation
        with contextlib.nullcontext() if xla else quick_lstms(run.network):
            yield
