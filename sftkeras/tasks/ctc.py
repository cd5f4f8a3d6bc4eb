"""Connectionist Temporal Classification: its loss, and texts out of frames (§6.2).

Graves et al. 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf. Output 0 is the
blank. The loss is the library's; these are its right arguments.
"""

import itertools

import keras
import numpy as np
from keras import ops

BLANK = 0


@keras.saving.register_keras_serializable("sftkeras")
class CTC(keras.losses.Loss):
    """-log of the probability of a transcript, summed over all its alignments.

    `keras.losses.CTC` counts every frame that fills a batch as one that was spoken,
    and takes a label of -1, or one beyond the outputs, without a word. Here each row
    says how many of its frames count.
    """

    def __init__(self, name="ctc", **options):
        super().__init__(name=name, **options)

    def call(self, y_true, y_pred):
        """Return `(B,)`.

        Args:
            y_true: `(B, 1 + L)`: the row's frames, then its units from 1, then zeros.
            y_pred: logits `(B, T, units)`.
        """
        y_true = ops.cast(y_true, "int32")
        y_pred = ops.cast(y_pred, "float32")
        frames, labels = y_true[:, 0], y_true[:, 1:]
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            # Sparse labels take TensorFlow's own kernel, dense ones a slow loop.
            return tf.nn.ctc_loss(
                tf.sparse.from_dense(labels),
                y_pred,
                None,
                frames,
                logits_time_major=False,
                blank_index=BLANK,
            )
        lengths = ops.sum(ops.cast(labels > 0, "int32"), axis=-1)
        return ops.ctc_loss(labels, y_pred, lengths, frames, mask_index=BLANK)


def decode(logits):
    """Return the units of the best path: repeats merged, then blanks left out.

    Example:

    >>> decode(np.eye(3)[[0, 1, 1, 0, 1, 2, 2]])
    [1, 1, 2]

    Args:
        logits: array `(frames, units)`.
    """
    best = np.argmax(logits, axis=-1)
    starts = np.append(True, best[1:] != best[:-1])[: len(best)]
    return best[starts & (best != BLANK)].tolist()


def decode_beam(logits, width):
    """Return the units of the most probable transcript that a beam search finds.

    The best path is one alignment; this adds up those of one transcript.

    Args:
        logits: as in `decode`.
        width: int, how many prefixes are kept.
    """
    if not len(logits):
        return []
    found, _ = ops.ctc_decode(
        np.asarray(logits, "float32")[None],
        np.array([len(logits)], "int32"),
        strategy="beam_search",
        beam_width=width,
        mask_index=BLANK,
    )
    units = ops.convert_to_numpy(found)[0, 0]
    return [int(unit) for unit in units if unit > 0]  # -1 fills


def spans(logits):
    """Return [(unit, first frame, frame behind the last)] of the best path.

    Args:
        logits: as in `decode`.
    """
    best = np.argmax(logits, axis=-1)
    edges = np.flatnonzero(best[1:] != best[:-1]) + 1
    edges = [0, *edges.tolist(), len(best)]
    return [
        (int(best[a]), a, b) for a, b in itertools.pairwise(edges) if best[a] != BLANK
    ]
