"""Exported classifiers: they predict without TensorFlow (article §8.1)."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "export": ["export_model"],
        "exported": ["load_exported"],
    },
)
