"""Large pretrained translators of KerasHub, where there is a network (article §6.4).

BART, T5 and T5Gemma read a text and write another. Their presets are downloaded once,
from 0.5 GB up; a directory that holds one needs no network.
"""

import copy
import warnings

import keras
import numpy as np

from sftkeras.data.placeholders import (
    Names,
    mask,
    mask_pair,
    placeholders,
    unmask,
)
from sftkeras.models.presets import Preset


def load_hub_translator(name, max_length=64):
    """Load a KerasHub model that reads one text and writes another.

    Args:
        name: a preset of `keras_hub.models.Seq2SeqLM` (`"t5_1.1_base"`, `"hf://…"`),
            or a directory that holds one.
        max_length: int, tokens of a translation. Defaults to `64`.

    Returns:
        A `HubTranslator`.

    Raises:
        InputError: there is no such model, no network, or it writes no texts.
    """
    import keras_hub

    preset = Preset(name, keras_hub.models.Seq2SeqLM)
    with preset.reading():
        model = keras_hub.models.Seq2SeqLM.from_preset(preset.source)
    return HubTranslator(model, max_length)


class HubTranslator:
    """A `keras_hub.models.Seq2SeqLM` as a translator, with masks for placeholders.

    Its decoder is free to lose a mask: such a translation is not given out.

    Args:
        model: a `keras_hub.models.Seq2SeqLM` with its preprocessor.
        max_length: int, as in `load_hub_translator`.
    """

    def __init__(self, model, max_length=64):
        self.model, self.max_length = model, max_length
        for side in ("encoder", "decoder"):
            setattr(model.preprocessor, f"{side}_sequence_length", max_length)

    def fit(self, sources, targets, seed=0, **settings):
        """Return a copy whose layers were all trained on pairs.

        KerasHub's `fit` neither shuffles nor divides by the places that count: here
        the rows are shuffled once, and the mean is over the real places.

        Args:
            sources, targets: lists of N str.
            seed: int, of the order. Defaults to `0`.
            settings: `learning_rate`, `epochs`, `batch_size`, `verbose`. Defaults to
                `5e-5`, `3`, `16` and `0`.
        """
        settings = {
            "learning_rate": 5e-5,
            "epochs": 3,
            "batch_size": 16,
            "verbose": 0,
        } | settings
        twin = copy.copy(self)
        backbone = self.model.backbone
        twin.model = type(self.model)(
            backbone=type(backbone).from_config(backbone.get_config()),
            preprocessor=self.model.preprocessor,  # its settings hold no vocabulary
        )
        twin.model.set_weights(self.model.get_weights())
        order = np.random.default_rng(seed).permutation(len(sources))
        pairs = [mask_pair(sources[row], targets[row], Names()) for row in order]
        pairs = [pair for pair in pairs if pair]  # whose placeholders agree
        sides = ([pair[side] for pair in pairs] for side in (0, 1))
        texts = dict(zip(("encoder_text", "decoder_text"), sides, strict=True))
        twin.model.compile(
            optimizer=keras.optimizers.Adam(settings.pop("learning_rate")),
            loss=keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, reduction="mean_with_sample_weight"
            ),
            sampler="greedy",
        )
        twin.model.fit(texts, shuffle=False, **settings)
        return twin

    def predict(self, texts):
        """Return a translation for each text, `""` where a placeholder was lost.

        Args:
            texts: list of str.
        """
        self.model.compile(sampler="greedy")
        masked = [mask(text, Names()) for text in texts]
        written = self.model.generate(
            {
                "encoder_text": [text for text, _ in masked],
                "decoder_text": [""] * len(texts),
            },
            max_length=self.max_length,
        )
        answers = []
        for text, (_, kept), answer in zip(texts, masked, written, strict=True):
            try:
                answer = unmask(str(answer), kept).strip()
            except IndexError:  # a mask that the original does not have
                answer = ""
            same = sorted(placeholders(answer)) == sorted(placeholders(text))
            answers.append(answer if same else "")
        lost = sum(not answer for answer in answers)
        if lost:
            warnings.warn(
                f"{lost} of {len(texts)} translations lost a placeholder, or are "
                "empty, and were left out.",
                stacklevel=2,
            )
        return answers
