"""`Translation`: a text in another language for each text (article §6.4)."""

import dataclasses
import warnings

import numpy as np

from sftkeras.data.placeholders import MASK, follows, placeholders, unmask
from sftkeras.errors import InputError
from sftkeras.inputs.given import given
from sftkeras.inputs.rows import Rows
from sftkeras.inputs.texts import as_texts
from sftkeras.inputs.translation import END, FIRST_MASK, MASKS, START, TARGET, shifted
from sftkeras.tasks.beam import NEVER, check_beam, write
from sftkeras.tasks.running import run
from sftkeras.tasks.steps import Steps
from sftkeras.tasks.task import Answers, Task
from sftkeras.tasks.text_reports import format_translations
from sftkeras.tasks.texts import UnitCrossEntropy, as_strings, text_scores

STEPS, BATCH = 100, 32
FEW_WORDS, KNOWN = 5, 0.4  # JupyterLab: 92 % are known; French, German: about 10 %


@dataclasses.dataclass(frozen=True)
class Translation(Task):
    """A translation of each text: a network reads the one, and writes the other.

    What must stay as it is, `{name}`, `%s`, `<b>`, numbers and names, is masked in the
    original; the decoder may write each mask once, in an order that a program can use,
    and ends when all are written: none is lost, none invented.

    Example:

    >>> Translation(smoothing=0, beam=4).kind
    'translation'

    Args:
        label_names, preprocessor: as in `Task`; there are no names.
        smoothing: float in [0, 1): so much of the probability is to go to all units
            alike, which keeps a network from being too sure. Defaults to `0.1`.
        beam: int, how many beginnings are kept when a text is written. Defaults to
            `None`: one, greedy.
    """

    smoothing: float = 0.1
    beam: int | None = None

    kind = "translation"
    has_head = False
    rows_at_once = 512

    def __post_init__(self):
        real = isinstance(self.smoothing, (int, float))
        if not real or isinstance(self.smoothing, bool) or not 0 <= self.smoothing < 1:
            raise InputError(
                "`smoothing` must be a number from 0 to below 1. Received: "
                f"{self.smoothing!r}"
            )
        check_beam(self.beam)

    @property
    def loss(self):
        """Cross-entropy of each unit, the padding left out."""
        return UnitCrossEntropy(self.smoothing)

    def score(self, labels, answers):
        """Return how like the references the answers are; see `text_scores`."""
        return text_scores(as_strings(labels), list(answers))

    def describe(self, report):
        """Return a report of `score` as text."""
        return format_translations(report)

    @property
    def units(self):
        """Outputs a place: the units of the decoder; 1 without a preprocessor."""
        return 1 if self.preprocessor is None else self.preprocessor.units

    def encode(self, model, inputs, labels=None, name="labels"):
        """Return the `Rows` of originals, with targets if there are translations.

        The decoder is given the start and the units, and is to answer the units and
        the end: at each place the next one.

        Args:
            model: the `keras.Model`.
            inputs: N str, originals.
            labels: N str, translations. Defaults to `None`: the decoder is given the
                start alone.
            name: str, as in `Task.encode`.

        Raises:
            InputError: an empty side, one longer than the window, or placeholders
                that differ.
        """
        front, texts = self.preprocessor, _originals(model, inputs)
        if labels is None:
            columns = front.encode(texts)
            front.check_sources(columns, texts, "texts")
            return Rows({**columns, TARGET: shifted([[]] * len(texts))[0]})
        translations = as_strings(labels, name)
        if len(texts) != len(translations):
            raise InputError(
                f"There must be as many {name} as rows. "
                f"Received: {len(texts)} rows, {len(translations)} {name}"
            )
        pairs = [
            front.masked_pair(source, target, f"{name}, row {row}")
            for row, (source, target) in enumerate(
                zip(texts, translations, strict=True)
            )
        ]
        columns = front.encode_masked([source for source, _ in pairs])
        front.check_sources(columns, texts, name)
        before, after = shifted(
            [
                front.encode_target(target, f"{name}, row {row}")
                for row, (_, target) in enumerate(pairs)
            ]
        )
        return Rows({**columns, TARGET: before}, after)

    def answer(self, model, inputs, batch_size=512, long_texts="cut", beam=None):
        """Return `Answers`: N translations; `outputs` are log-probabilities `(N,)`.

        A text that is longer than the window, or has more than 12 placeholders, is not
        translated: its answer is `""`, and that is told.

        Args:
            model, inputs: as in `encode`.
            batch_size: int. Defaults to `512`: a step costs much the same for few
                rows as for many.
            long_texts: `"cut"`; texts are not translated in windows.
            beam: int. Defaults to `None`: the task's own.
        """
        if long_texts != "cut":
            raise InputError("`long_texts` is for classifying; split the texts.")
        beam = self.replaced(beam=beam).beam if beam is not None else self.beam
        front, texts = self.preprocessor, _originals(model, inputs)
        _check_english(front, texts)
        masked = [front.masked(text.strip()) for text in texts]
        columns = front.encode_masked([text or " " for text, _ in masked])
        refused = front.too_long(columns)
        refused |= np.array([len(kept) > len(MASKS) for _, kept in masked])
        if refused.any():
            row = int(np.argmax(refused))
            warnings.warn(
                f"{refused.sum()} of {len(texts)} texts are longer than the window, or "
                f"have too many placeholders, and were not translated; the first is "
                f"row {row}: {texts[row][:40]!r}",
                stacklevel=4,
            )
        blank = np.array([not text.strip() for text in texts])
        answers, scores = [""] * len(texts), np.zeros(len(texts))
        steps = Steps(model)
        wanted = np.flatnonzero(~refused & ~blank)
        order = wanted[np.argsort(columns["token_ids"].lengths[wanted], kind="stable")]
        for start in range(0, len(order), batch_size):
            where = order[start : start + batch_size]
            rows = Rows({name: column.pick(where) for name, column in columns.items()})
            found = self._written(steps, rows, [masked[row][1] for row in where], beam)
            for row, text, score in zip(where, *found, strict=True):
                answers[row] = _whole(texts[row], text, masked[row][1])
                scores[row] = score
        return Answers(answers, scores)

    def _written(self, steps, rows, kept, beam):
        """Return masked translations of some rows, and their scores.

        Args:
            steps: `Steps`.
            rows: `Rows` of the encoder's inputs.
            kept: for each row what its masks stand for.
            beam: int or `None`.
        """
        front = self.preprocessor
        states = run(steps.reader, rows, batch_size=64)
        every = np.arange(len(rows))
        mask = rows.take(every)["padding_mask"]
        before = [follows(pieces) for pieces in kept]
        units, scores = write(
            steps.step,
            steps.start(states.take(every), mask),
            len(rows),
            front.max_target - 1,
            START,
            END,
            beam,
            lambda which, texts, chances: _allow(before, which, texts, chances),
        )
        texts = [front.decode(found) for found in units]
        for row, text in enumerate(texts):  # the window was full before all stood
            missing = [m for m in MASKS[: len(kept[row])] if m not in text]
            texts[row] = text + "".join(missing)
        return texts, scores

    def suggested(self, extent, rows):
        """Return (rate, epochs, batch size) of `fine_tune`; steps count, not epochs.

        Args:
            extent: as in `Task.suggested`.
            rows: int.
        """
        rate = {"all": 5e-5}.get(extent, 5e-4)
        steps = -(-rows // BATCH)
        return rate, int(np.clip(round(STEPS / steps), 5, 15)), BATCH


def _originals(model, inputs):
    """Return originals as a list of N str."""
    texts = as_texts(given(model, inputs).inputs)
    if isinstance(texts, tuple):
        raise InputError(
            "A translator takes one text a row. Give the translations as labels: "
            "fine_tune(model, english, chinese)."
        )
    return texts


def _check_english(front, texts):
    """Warn of texts in another language than English, by their words."""
    count, share = front.known(texts)
    if front.names.words and count >= FEW_WORDS and share < KNOWN:
        warnings.warn(
            f"only {share:.0%} of the {count} words in these texts are English ones "
            "that the translator has met. It translates from English; of anything else "
            "it makes nonsense.",
            stacklevel=5,
        )


def _whole(original, text, kept):
    """Return a translation with what its masks stand for, and the original's edges.

    Where two grew into one, as an address and what follows it, all stand apart. What
    the network spelt by itself and a program would take for one of its own, as a name
    of a file, is left out.
    """
    wanted = sorted(placeholders(original.strip()))
    answer = unmask(text, kept, apart=True)
    if sorted(placeholders(answer)) != wanted:
        text = MASK.sub(r" \g<0> ", text)
        answer = unmask(text, kept)
    if sorted(placeholders(answer)) != wanted:
        for piece in placeholders(text):
            text = text if MASK.fullmatch(piece) else text.replace(piece, " ")
        answer = unmask(text, kept)
    return _edges(original, answer)


def _edges(original, text):
    """Return a translation with the blanks around it that the original has."""
    inside = original.strip()
    start = original.index(inside) if inside else 0
    return original[:start] + text.strip() + original[start + len(inside) :]


def _allow(before, rows, texts, scores):
    """Let each mask be written once, in order, and the end come after the last.

    Args:
        before: for each row of the batch, what `follows` returned.
        rows: int `(B,)`, the rows that are being written.
        texts: int `(B, length)`, units so far.
        scores: `(B, units)`, in which what may not come is set to `NEVER`.
    """
    ends = scores.argmax(axis=1) == END
    scores[:, [START, 0, 3]] = NEVER
    every = slice(FIRST_MASK, FIRST_MASK + len(MASKS))
    own = scores[:, every].copy()
    scores[:, every] = NEVER
    for place, row in enumerate(rows):
        if not before[row]:
            continue
        there = {int(unit) - FIRST_MASK + 1 for unit in texts[place]}
        left = {n for n in range(1, len(before[row]) + 1) if n not in there}
        if not left:
            continue
        if ends[place]:  # it would stop here: what is missing comes first
            scores[place] = NEVER
        scores[place, END] = NEVER
        for number in left:
            needed = before[row][number - 1]
            if needed == 0 or needed in there:
                scores[place, FIRST_MASK + number - 1] = own[place, number - 1]
