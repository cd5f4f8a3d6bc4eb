"""A bundle's card, `README.md`: what it is, and how it did (article §5.2)."""

import json
from numbers import Real

from sftkeras.errors import InputError
from sftkeras.graph import carried
from sftkeras.inputs.chat import ChatPreprocessor
from sftkeras.inputs.images import ImagePreprocessor
from sftkeras.inputs.speech import SpeechPreprocessor
from sftkeras.inputs.translation import TranslationPreprocessor
from sftkeras.tasks.measures import MOST_IN_MATRIX

_RESULTS = ("accuracy", "precision", "recall", "f1", "mse", "mae", "wer", "cer")
_RESULTS += ("exact_match", "ended", "bleu", "chrf", "exact")
_CARD = """# A {kind} made with sftkeras

| | |
|---|---|
| made | {created} |
| model | {model}, {params:,} parameters |
| labels | {labels} |
{results}
Load it: `model = sftkeras.load_classifier("this directory")`, then
{use}.
"""


_USE_TEXT = """`sftkeras.predict(model, ["some text"])`, or
`python -m sftkeras predict --model DIR "some text"`"""


_USE_PAIRS = """`sftkeras.predict(model, [("some text", "another")])`, or
`python -m sftkeras predict --model DIR --file FILE --pair-column NAME`"""


_USE_ARRAY = "`sftkeras.predict(model, x)`, with `x` an array shaped `{shape}`"


_USE_IMAGES = """`sftkeras.predict(model, images)`, a list of files or of uint8 arrays,
of any sizes"""


_USE_SPEECH = """`sftkeras.predict(model, ["some.wav"])`, or
`python -m sftkeras predict --model DIR --file some.wav`"""


_USE_CHAT = """`sftkeras.answer(model, "some prompt")`, or
`python -m sftkeras chat --model DIR`"""


_USE_TRANSLATOR = """`sftkeras.predict(model, ["Open the file"])`, or
`python -m sftkeras translate --model DIR --file app.po --out draft.po`"""


def card_of(model, task, created, report=None):
    """Return the card of a model as Markdown.

    Args:
        model: a functional `keras.Model`.
        task: its `Task`.
        created: str, when.
        report: dictionary of results. Defaults to `None`.
    """
    results = "".join(
        f"| {name} | {report[name]:.4f} |\n"
        for name in _RESULTS
        if report and name in report
    )
    chats = isinstance(task.preprocessor, ChatPreprocessor)
    labels = _listed(names_of(task)) or "numbers (regression)"
    if task.kind == "translation":
        labels = "translations, as texts"
    return _CARD.format(
        kind="language model" if chats else "classifier",
        created=created,
        model=model.name,
        params=model.count_params(),
        labels="answers, as texts" if chats else labels,
        results=results,
        use=_usage(model, task.preprocessor).format(shape=model.input_shape),
    )


def names_of(task):
    """Return the names of a task's outputs, those of a regression: none."""
    return getattr(task, "names", task.label_names or ())


def check_report(report):
    """Raise unless it is a dictionary that JSON can hold, NumPy's numbers too."""
    try:
        json.dumps(report, default=lambda value: value.tolist())
        whole = isinstance(report, dict)
        whole = whole and all(isinstance(report.get(n, 0), Real) for n in _RESULTS)
    except (TypeError, ValueError, AttributeError):
        whole = False
    if not whole:
        raise InputError(
            "`report` must be a dictionary ready for JSON, as evaluate_model returns. "
            f"Received: {report!r:.80}"
        )


def short(report):
    """Return a report for the manifest: of very many classes, the numbers only."""
    if not report or len(report.get("label_names", ())) <= MOST_IN_MATRIX:
        return report
    return {n: value for n, value in report.items() if isinstance(value, (int, float))}


def _usage(model, preprocessor):
    if preprocessor is None:
        return _USE_ARRAY
    if isinstance(preprocessor, SpeechPreprocessor):
        return _USE_SPEECH
    if isinstance(preprocessor, ChatPreprocessor):
        return _USE_CHAT
    if isinstance(preprocessor, TranslationPreprocessor):
        return _USE_TRANSLATOR
    if carried(model).pairs:
        return _USE_PAIRS
    return _USE_IMAGES if isinstance(preprocessor, ImagePreprocessor) else _USE_TEXT


def _listed(names):
    more = f", … ({len(names)} in all)" if len(names) > MOST_IN_MATRIX else ""
    return ", ".join(map(str, names[:MOST_IN_MATRIX])) + more
