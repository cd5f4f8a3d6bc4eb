"""What is made of outputs without Keras: a number, or what a task made (§3.5)."""

import dataclasses

from sftkeras.errors import InputError
from sftkeras.tasks.answers import Answers
from sftkeras.tasks.labels import as_array
from sftkeras.tasks.one_class import OneClass
from sftkeras.tasks.several_labels import SeveralLabels
from sftkeras.tasks.text_reports import format_numbers


@dataclasses.dataclass(frozen=True)
class OneNumber:
    """How a number is answered; see `Regression`."""

    label_names: tuple = ()

    kind = "regression"
    units = 1

    def targets(self, labels):
        """Return float32 `(N,)`."""
        labels = as_array(labels)
        if labels.dtype.kind == "U" or labels.ndim == 2:
            raise InputError(
                "The head has one linear output, for numbers. "
                f"Received: labels such as {labels[0].tolist()!r}"
            )
        return labels.astype("float32")

    def decide(self, outputs):
        """Return a number a row."""
        return Answers([float(v) for v in outputs.reshape(len(outputs))], outputs)

    def score(self, labels, answers, weights=None):
        """Return `mse`, `mae`, `loss`, `rows`; `weights` say how much each counts."""
        from sklearn import metrics

        targets, how = self.targets(labels), {"sample_weight": weights}
        mse = float(metrics.mean_squared_error(targets, list(answers), **how))
        mae = float(metrics.mean_absolute_error(targets, list(answers), **how))
        return {"mse": mse, "mae": mae, "loss": mse, "rows": len(targets)}

    def describe(self, report):
        """Return the two errors as text."""
        return format_numbers(report)

    def probabilities(self, outputs):
        """Return the outputs: windows of a text are averaged in them."""
        return outputs

    def choose(self, probabilities):
        """Return `decide` of them."""
        return self.decide(probabilities)


def decider_from(config):
    """Return what `Task.config` of a classification or regression decides by."""
    config = dict(config)
    kinds = {kind.kind: kind for kind in (SeveralLabels, OneNumber)}
    kind = kinds.get(config.pop("kind"), OneClass)
    if config.get("label_names") is not None:
        config["label_names"] = tuple(config["label_names"])
    return kind(**config)
