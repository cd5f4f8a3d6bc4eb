"""What is learned: labels to arrays, and a network's answers back (article §4.1)."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "classification": ["Classification"],
        "generation": ["Generation"],
        "infer": ["infer_task"],
        "multilabel": ["MultiLabel"],
        "regression": ["Regression"],
        "task": ["Answers", "Task"],
        "transcription": ["Transcription"],
        "translation": ["Translation"],
    },
)
