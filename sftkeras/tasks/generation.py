"""`Generation`: an answer to a prompt, written by a language model (article §2.2)."""

import dataclasses
import re
from collections import Counter

import keras
import numpy as np

from sftkeras.errors import InputError
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import Rows
from sftkeras.tasks.decoding import chooser, speaker_of, write
from sftkeras.tasks.task import Answers, Task
from sftkeras.tasks.text_reports import format_answers

ROOM = 128  # tokens of an answer, unless training showed longer ones
STEPS, BATCH = 80, 8
_RATES = {"adapters": 2e-3, "part": 5e-4, "all": 1e-4}


@dataclasses.dataclass(frozen=True)
class Generation(Task):
    """An answer for each prompt: instruction tuning, what SFT means of chat models.

    Inputs are prompts, texts or lists of messages; labels are answers, texts. The model
    reads both, and learns to foretell each token of the assistant's words and the token
    that ends them; prompts are read and not learned (Ouyang et al. 2022, "Training
    language models to follow instructions with human feedback", §3). The loss is the
    mean over the tokens that count, whatever the padding.

    Args:
        label_names: `None`; an answer is any text.
        preprocessor: a `ChatPreprocessor`.
        decoder: how the model writes, as in `tasks.decoding`. Both are found by
            `load_pretrained_model`. Defaults to `None`.
        max_new_tokens: int, of an answer. Defaults to `None`: 128; after training 32,
            or twice the longest answer that was learned, if that is more.
    """

    decoder: dict | None = None
    max_new_tokens: int | None = None

    kind = "generation"
    has_head = False
    lora_form = "paper"  # a step takes less time and memory

    def __post_init__(self):
        if self.max_new_tokens is not None:
            _check_room(self.max_new_tokens)

    @property
    def loss(self):
        """Cross entropy of logits, the mean over the tokens that count."""
        return keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )

    def fitted_to(self, labels):
        """Return the task with room for answers such as these."""
        texts = [text for text in _listed(labels) if isinstance(text, str)]
        if self.preprocessor is None or not texts:
            return self
        longest = max(map(len, self.preprocessor.read(texts))) + 1
        room = max(32, 2 * longest, self.max_new_tokens or 0)
        return self.replaced(max_new_tokens=min(room, self.preprocessor.max_length))

    def encode(self, model, inputs, labels=None, name="labels"):
        """Return the `Rows` of conversations: each token, and the one that follows it.

        Args:
            model, inputs, labels, name: as in `Task.encode`.

        Raises:
            InputError: as in `ChatPreprocessor.encode`.
        """
        prompts = _prompts(inputs)
        answers = None if labels is None else _listed(labels)
        if answers is not None and len(answers) != len(prompts):
            raise InputError(
                f"There must be as many {name} as rows. "
                f"Received: {len(prompts)} rows, {len(answers)} {name}"
            )
        rows = self._read(prompts, answers)
        if answers is None:
            return Rows(_columns([ids for ids, _ in rows]))
        targets = Ragged.from_rows([ids[1:] for ids, _ in rows])
        weights = [counted[1:].astype("float32") for _, counted in rows]
        return Rows(
            _columns([ids[:-1] for ids, _ in rows]), targets, Ragged.from_rows(weights)
        )

    def answer(
        self,
        model,
        inputs,
        batch_size=32,
        long_texts="cut",
        max_new_tokens=None,
        top_k=None,
        temperature=1.0,
        seed=0,
        stream=None,
    ):
        """Return `Answers`: N texts; `outputs` are bools, whether each was ended.

        Args:
            model, inputs, batch_size: as in `Task.answer`.
            long_texts: `"cut"`; no prompt is cut.
            max_new_tokens: int. Defaults to `None`: the task's.
            top_k, temperature, seed: as in `tasks.decoding.chooser`.
            stream: function of (number of the prompt, text), called with each piece
                as it is written. Defaults to `None`.

        Raises:
            InputError: a prompt that leaves no room for an answer in the window.
        """
        if long_texts != "cut":
            raise InputError("`long_texts` is for classifiers; a prompt is never cut.")
        room = max_new_tokens or self.max_new_tokens or ROOM
        _check_room(room)
        choose = chooser(top_k, temperature, seed)
        rows = [ids for ids, _ in self._read(_prompts(inputs), None)]
        self._check_room_after(rows, room)
        order = np.argsort([len(ids) for ids in rows], kind="stable")
        found = [None] * len(rows)
        speaker = speaker_of(model, self.decoder)
        for start in range(0, len(rows), batch_size):
            where = order[start : start + batch_size]
            tell = None if stream is None else _Stream(self.preprocessor, where, stream)
            written = write(
                speaker,
                [rows[row] for row in where],
                room,
                self.preprocessor.ends,
                lambda logits, place, where=where: choose(logits, where[place]),
                tell,
            )
            for row, answer in zip(where, written, strict=True):
                found[row] = answer
            if tell is not None:
                tell.close(written)
        texts = [self.preprocessor.write(ids) for ids, _ in found]
        return Answers(texts, np.array([ended for _, ended in found]))

    def score(self, labels, answers):
        """Return how answers agree with those that were wanted.

        `exact_match`: the share that is the same, but for blanks at either end.
        `f1`: the mean of the words in common (Rajpurkar et al. 2016, "SQuAD", §6.1).
        `ended`: the share that the model ended itself.
        """
        wanted = [text.strip() for text in _listed(labels)]
        given = [text.strip() for text in answers]
        pairs = list(zip(wanted, given, strict=True))
        return {
            "exact_match": float(np.mean([one == other for one, other in pairs])),
            "f1": float(np.mean([_f1(*pair) for pair in pairs])),
            "ended": float(np.mean(answers.outputs)),
            "rows": len(pairs),
        }

    def describe(self, report):
        """Return the shares as text."""
        return format_answers(report)

    def suggested(self, extent, rows):
        """Return (rate, epochs, batch size): about 80 steps, three epochs at least."""
        epochs = max(3, round(STEPS / -(-rows // BATCH)))
        return _RATES.get(extent, _RATES["part"]), epochs, BATCH

    def config(self):
        """Return what `save` and bundles keep."""
        return {n: v for n, v in super().config().items() if n != "label_names"}

    def _read(self, prompts, answers):
        if self.preprocessor is None:
            raise InputError(
                "This model has no chat template. Load it with "
                "load_pretrained_model(…, task=Generation())."
            )
        return self.preprocessor.encode(prompts, answers)

    def _check_room_after(self, rows, room):
        window = self.preprocessor.max_length
        for row, ids in enumerate(rows):
            if len(ids) + room > window:
                raise InputError(
                    f"Prompt {row} has {len(ids)} tokens; with {room} for an answer "
                    f"that is more than the window of {window}. Shorten it, or give a "
                    "smaller max_new_tokens."
                )


class _Stream:
    """Hands on an answer piece by piece, none that ends within a character."""

    def __init__(self, preprocessor, where, hand_on):
        self.preprocessor, self.where, self.hand_on = preprocessor, where, hand_on
        self.told = ["" for _ in where]

    def __call__(self, place, ids):
        text = self.preprocessor.write(ids)
        if not text.endswith("\ufffd"):
            self._tell(place, text)

    def close(self, written):
        for place, (ids, _) in enumerate(written):
            self._tell(place, self.preprocessor.write(ids))

    def _tell(self, place, text):
        if new := text[len(self.told[place]) :]:
            self.told[place] = text
            self.hand_on(int(self.where[place]), new)


def _columns(rows):
    ids = Ragged.from_rows(rows)
    ones = Ragged(np.ones_like(ids.values), ids.offsets)
    return {"token_ids": ids, "padding_mask": ones}


def _prompts(inputs):
    if isinstance(inputs, (str, dict)) or not hasattr(inputs, "__len__"):
        raise InputError(
            "Give a list of prompts, each a text or a list of messages. Received: "
            f"{inputs!r:.60}"
        )
    found = _listed(inputs)
    if not found:
        raise InputError("There are no prompts.")
    if all(isinstance(each, dict) for each in found):
        raise InputError("That is one conversation: give a list of them, [messages].")
    return found


def _listed(values):
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _check_room(room):
    whole = isinstance(room, int) and not isinstance(room, bool)
    if not whole or not 1 <= room <= 100_000:
        raise InputError(f"`max_new_tokens` must be from 1 up. Received: {room!r}")


def _f1(wanted, given):
    one, other = (Counter(re.findall(r"\w+", t.casefold())) for t in (wanted, given))
    shared = sum((one & other).values())
    if not shared:
        return float(wanted == given)
    return 2 * shared / (sum(one.values()) + sum(other.values()))
