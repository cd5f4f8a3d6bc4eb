"""Texts as answers: the loss of their units, and how good they are (article §6.4)."""

import keras
import numpy as np
from keras import ops

from sftkeras.errors import InputError

_RESAMPLES = 1000


@keras.saving.register_keras_serializable("sftkeras")
class UnitCrossEntropy(keras.losses.Loss):
    """Mean cross-entropy over the places that count: those of a weight above 0.

    Keras' own would divide by all places, those that fill a batch too, so that the
    loss would hang on the padding.

    Args:
        smoothing: float in [0, 1): so much of the probability is to go to all units
            alike (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567). Defaults to
            `0`.
    """

    def __init__(self, smoothing=0.0, name="unit_cross_entropy", **options):
        options["reduction"] = "mean_with_sample_weight"
        super().__init__(name=name, **options)
        self.smoothing = smoothing

    def call(self, y_true, y_pred):
        """Return `(B, T)`.

        Args:
            y_true: int `(B, T)`.
            y_pred: logits `(B, T, units)`.
        """
        logits = ops.cast(y_pred, "float32")
        right = ops.cast(y_true, "int32")
        loss = ops.sparse_categorical_crossentropy(right, logits, from_logits=True)
        if self.smoothing:
            to_all = ops.logsumexp(logits, axis=-1) - ops.mean(logits, axis=-1)
            loss = (1 - self.smoothing) * loss + self.smoothing * to_all
        return loss

    def get_config(self):
        """Return what the constructor takes."""
        config = super().get_config()
        config.pop("reduction", None)
        return {**config, "smoothing": self.smoothing}


def text_scores(references, answers, seed=0):
    """Return BLEU, chrF and exact matches of Chinese texts, by sacrebleu.

    BLEU (Papineni et al. 2002) compares runs of up to four characters (words, of
    Latin script), chrF (Popović 2015) up to six; both are from 0 to 100.

    Example:

    >>> text_scores(["打开文件"], ["打开文件"])["bleu"]
    100.0

    Args:
        references, answers: lists of N str.
        seed: int, of the resamples. Defaults to `0`.

    Returns:
        `bleu`, `bleu_interval` (the middle 95 % of 1,000 resamples of the rows),
        `chrf`, `exact` (a share), `rows`.
    """
    from sacrebleu.metrics import BLEU, CHRF

    if len(references) != len(answers) or not references:
        raise InputError(
            "There must be an answer for each reference. Received: "
            f"{len(references)} references, {len(answers)} answers"
        )
    bleu = BLEU(tokenize="zh", effective_order=False)
    parts = [
        BLEU(tokenize="zh", effective_order=True).sentence_score(answer, [reference])
        for answer, reference in zip(answers, references, strict=True)
    ]
    counts = np.array([[*p.counts, *p.totals, p.sys_len, p.ref_len] for p in parts])
    draws = np.random.default_rng(seed).integers(
        len(parts), size=(_RESAMPLES, len(parts))
    )
    scores = [_bleu_of(bleu, counts[rows].sum(axis=0)) for rows in draws]
    same = [a.strip() == r.strip() for a, r in zip(answers, references, strict=True)]
    return {
        "bleu": round(float(bleu.corpus_score(answers, [references]).score), 6),
        "bleu_interval": [float(x) for x in np.percentile(scores, [2.5, 97.5])],
        "chrf": float(CHRF().corpus_score(answers, [references]).score),
        "exact": float(np.mean(same)),
        "rows": len(answers),
    }


def _bleu_of(bleu, total):
    """Return BLEU of counts: of matches, of runs, of both lengths."""
    right, of = total[:4].tolist(), total[4:8].tolist()
    return bleu.compute_bleu(
        right, of, int(total[8]), int(total[9]), smooth_method="exp"
    ).score


def as_strings(labels, name="labels"):
    """Return texts as a list of str; raise for what is none."""
    rows = labels.tolist() if hasattr(labels, "tolist") else list(labels)
    for row, text in enumerate(rows):
        if not isinstance(text, str):
            raise InputError(
                f"`{name}` must be texts. Received: {type(text).__name__} {text!r:.40} "
                f"(row {row})"
            )
    return rows
