"""Pretrained backbones, heads, models from scratch, controls (article §3.1, §5.2)."""

from sftkeras.lazy import exports

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "pretrained": ["load_pretrained_model"],
        "heads": ["output_layer", "replace_head"],
        "lstm": ["create_model"],
        "images": ["augment", "load_image_model"],
        "baselines": ["majority_classifier", "tfidf_classifier"],
        "averaging": ["average_models"],
    },
)
