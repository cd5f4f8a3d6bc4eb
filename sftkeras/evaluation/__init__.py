"""Predict, measure, look at mistakes and thresholds, look inside (article §3.5)."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "predicting": [
            "evaluate_model",
            "format_report",
            "predict",
            "predict_probabilities",
            "score",
        ],
        "mistakes": ["confident_mistakes"],
        "thresholds": ["threshold_table"],
        "inside": ["embed", "find_neighbours", "trace"],
    },
)
