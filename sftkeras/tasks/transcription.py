"""`Transcription`: what was said, as a text (article §6.2)."""

import dataclasses
import unicodedata

import numpy as np

from sftkeras.errors import InputError, listed
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import Rows, make_rows
from sftkeras.tasks.ctc import CTC, decode, decode_beam
from sftkeras.tasks.finite import check_outputs
from sftkeras.tasks.running import output_lengths, run
from sftkeras.tasks.task import Answers, Task, dense_head
from sftkeras.tasks.text_reports import format_transcripts
from sftkeras.tasks.texts import as_strings

_INSIDE = "'’"  # "don't" is one word
LEVELS = ("words", "characters")


@dataclasses.dataclass(frozen=True)
class Transcription(Task):
    """A text for each recording, by CTC: no one says when each word is spoken.

    The network answers every few milliseconds with a unit or with the blank, output 0,
    which says nothing. The loss sums over all ways to spread a transcript over the
    answers (Graves et al. 2006, "Connectionist Temporal Classification").

    Example:

    >>> task = Transcription(("no", "yes"))
    >>> task.units_of("Yes, no!")
    ['yes', 'no']
    >>> Transcription(level="characters").fitted_to(["开灯", "关灯"]).label_names
    ('关', '开', '灯')

    Args:
        label_names, preprocessor: as in `Task`; the names are the units, without the
            blank: output n + 1 is that of unit n.
        level: `"words"`, of texts with blanks between words, or `"characters"`, for
            Chinese. Defaults to `"words"`.
        beam: int, how many prefixes a beam search keeps. Defaults to `None`: greedy,
            the best unit of each frame.
    """

    level: str = "words"
    beam: int | None = None

    kind = "transcription"
    aligns_itself = True

    def __post_init__(self):
        if self.level not in LEVELS:
            raise InputError(
                f"`level` must be 'words' or 'characters'. Received: {self.level!r}"
            )
        whole = isinstance(self.beam, int) and not isinstance(self.beam, bool)
        if self.beam is not None and not (whole and 1 <= self.beam <= 1000):
            raise InputError(f"`beam` must be from 1 to 1000. Received: {self.beam!r}")
        if self.label_names is None:
            return
        if not len(self.label_names) or isinstance(self.label_names, str):
            raise InputError("`label_names` must hold the units. Received: none")
        for name in self.label_names:
            if not isinstance(name, str) or self.units_of(name) != [name]:
                raise InputError(
                    f"`label_names` must be units as texts are cut into ({self.level}, "
                    f"lower case, without punctuation). Received: {name!r}"
                )
        if len(set(self.label_names)) < len(self.label_names):
            raise InputError("`label_names` must hold each unit once.")

    @property
    def units(self):
        """Outputs a frame: the blank, then the units."""
        return len(self.label_names) + 1

    def head(self, seed=None):
        """Return the output layer: logits of the blank and of the units."""
        return dense_head(self.units, None, seed)

    @property
    def loss(self):
        """CTC over each row's own frames."""
        return CTC()

    def units_of(self, text):
        """Return a text as a list of units: lower case, without punctuation."""
        text = unicodedata.normalize("NFKC", text).casefold()
        kept = "".join(
            sign if sign.isalnum() or sign in _INSIDE or _is_mark(sign) else " "
            for sign in text
        )
        words = [word.strip(_INSIDE) for word in kept.split()]
        words = [word for word in words if word]
        return words if self.level == "words" else list("".join(words))

    def text_of(self, units):
        """Return units as a text."""
        return (" " if self.level == "words" else "").join(units)

    def fitted_to(self, labels):
        """Return the task with the units of these texts; refuse unknown ones.

        Raises:
            InputError: it names the units that the model does not know.
        """
        found = {unit for text in as_strings(labels) for unit in self.units_of(text)}
        if self.label_names is None:
            return self.replaced(label_names=tuple(sorted(found)))
        if unknown := sorted(found - {*self.label_names}):
            raise InputError(
                f"The model does not know these {self.level}: {listed(unknown)}. "
                f"Correct the transcripts, or teach it: add_words(model, {unknown[:3]})"
                ", on the command line --add-words; five recordings of each will do."
            )
        return self

    def numbers_of(self, text, name="text"):
        """Return a text's outputs, a list of int from 1; 0 is the blank."""
        units = self.units_of(text)
        if not units:
            raise InputError(f"{name}: nothing is said in it. Received: {text!r}")
        self.fitted_to([text])
        place = {unit: number for number, unit in enumerate(self.label_names, 1)}
        return [place[unit] for unit in units]

    def encode(self, model, inputs, labels=None, name="labels"):
        """Return the `Rows` of recordings, with targets if there are transcripts.

        A row's targets are the number of its frames, then its units: the loss must not
        count the frames that only fill a batch.

        Args:
            model, inputs, labels, name: as in `Task.encode`.

        Raises:
            InputError: a unit that is not known, or a text that its sound is too short
                for: a frame a unit, and a blank between two that are equal.
        """
        rows = make_rows(model, inputs, self.preprocessor)
        if labels is None:
            return rows
        texts = as_strings(labels, name)
        if len(rows) != len(texts):
            raise InputError(
                f"There must be as many {name} as rows. "
                f"Received: {len(rows)} rows, {len(texts)} {name}"
            )
        frames = output_lengths(model, rows)
        targets = []
        for row, text in enumerate(texts):
            numbers = self.numbers_of(text, f"{name}, row {row}")
            needed = len(numbers) + sum(np.diff(numbers) == 0)
            if needed > frames[row]:
                raise InputError(
                    f"{name}, row {row}: {text[:40]!r} needs {needed} frames, its "
                    f"recording has {frames[row]}. Does the text belong to it?"
                )
            targets.append(np.array([frames[row], *numbers], "int32"))
        return Rows(rows.inputs, Ragged.from_rows(targets))

    def answer(self, model, inputs, batch_size=32, long_texts="cut", **how):
        """Return `Answers`: N texts; `outputs` are the logits, `(frames, units)` each.

        Args:
            model, inputs, batch_size: as in `Task.answer`.
            long_texts: `"cut"`; there are none.
            how: as in `decide`.
        """
        if long_texts != "cut":
            raise InputError("`long_texts` is for texts; this model takes recordings.")
        outputs = run(model, self.encode(model, inputs), batch_size)
        check_outputs(model, outputs)
        return self.decide(outputs, **how)

    def decide(self, outputs, beam=None):
        """Return `Answers` of logits.

        Args:
            outputs: N arrays `(frames, units)`, in a `Ragged` or an array.
            beam: int. Defaults to `None`: the task's own.
        """
        beam = self.replaced(beam=beam).beam if beam is not None else self.beam
        logits = [outputs[row] for row in range(len(outputs))]
        found = [decode(x) if beam is None else decode_beam(x, beam) for x in logits]
        texts = [
            self.text_of([self.label_names[n - 1] for n in numbers])
            for numbers in found
        ]
        return Answers(texts, logits)

    def score(self, labels, answers):
        """Return the error rates of texts: of words, `wer`; of characters, `cer`.

        A rate is (substitutions + deletions + insertions) / units in the transcripts,
        and may exceed 1 (by jiwer). `wer` is `None` where the units are characters.
        `confusions` are [[said, heard, times], …], the most frequent first; `""` where
        a unit was left out or put in.
        """
        import jiwer

        from sftkeras.tasks.alignment import confusions

        truth = [self.text_of(self.units_of(text)) for text in as_strings(labels)]
        heard = [self.text_of(self.units_of(text)) for text in answers]
        words = self.level == "words"
        process = jiwer.process_words if words else jiwer.process_characters
        found = process(truth, heard)
        return {
            "wer": float(found.wer) if words else None,
            "cer": float(jiwer.cer(truth, heard)),
            "substitutions": found.substitutions,
            "deletions": found.deletions,
            "insertions": found.insertions,
            "units": sum(len(self.units_of(text)) for text in truth),
            "confusions": confusions(self, truth, heard),
            "rows": len(truth),
        }

    def describe(self, report):
        """Return the rates, and the most frequent confusions, as text."""
        return format_transcripts(report, self.level)

    def suggested(self, extent, rows):
        """Return (rate, epochs, batch size): of one voice, steps count, not epochs.

        Args:
            extent: `"head"`, `"part"` or `"all"` of the layers are trained.
            rows: int.
        """
        rate = {"head": 1e-2, "part": 1.5e-3, "all": 5e-4}.get(extent)
        if rate is None:
            return None
        steps_an_epoch = -(-rows // BATCH)
        return rate, max(10, round(STEPS / steps_an_epoch)), BATCH


STEPS, BATCH = 80, 16


def _is_mark(sign):
    return unicodedata.category(sign).startswith("M")
