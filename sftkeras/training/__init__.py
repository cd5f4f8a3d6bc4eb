"""Fine-tuning: freezing, schedules, fitting, resuming (article §3.3, §3.4)."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "fine_tuning": ["fine_tune", "train_model"],
        "freezing": [
            "check_frozen",
            "describe_changes",
            "describe_layers",
            "set_trainable",
        ],
    },
)
