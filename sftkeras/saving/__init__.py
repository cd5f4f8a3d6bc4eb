"""A trained model as a directory that needs nothing else (article §5.2)."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "bundle": ["load_classifier", "save_classifier"],
    },
)
