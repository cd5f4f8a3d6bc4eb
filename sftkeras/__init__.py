"""sftkeras: learn and do supervised fine-tuning (SFT) with Keras 3.

The workflow of the article «SFT：有监督的微调技术», each step one function::

    import sftkeras as sft

    train = sft.load_texts("data/reviews/train_data.txt")
    test = sft.load_texts("data/reviews/test_data.txt")
    model = sft.load_pretrained_model("minilm", num_classes=len(train.label_names))
    model = sft.fine_tune(model, train.texts, train.labels)
    report = sft.evaluate_model(model, test.texts, test.labels)
    names = sft.predict(model, ["Worth every cent."])

Names are imported on first use, so that `python -m sftkeras --help` does not wait
for TensorFlow, and TensorFlow's start-up log stays out of the way.
"""

import importlib
import os

# TensorFlow reads this once, when it is imported. Left alone it takes oneDNN's kernels
# on recent Intel processors only; on the AMD EPYC that we measured they halve a step.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"

_EXPORTS = {
    "averaging": ["average_models"],
    "bundle": ["save_classifier", "load_classifier"],
    "data": ["TextData", "load_texts", "find_leaks", "split_texts"],
    "errors": ["InputError"],
    "evaluation": ["evaluate_model", "predict", "predict_probabilities"],
    "freezing": [
        "set_trainable",
        "describe_layers",
        "describe_changes",
        "check_frozen",
    ],
    "models": ["create_model"],
    "pretrained": ["load_pretrained_model", "replace_head"],
    "tokenizer": ["Tokenizer", "load_data"],
    "training": ["fine_tune", "train_model"],
}
_MODULE_OF = {name: module for module, names in _EXPORTS.items() for name in names}
_MODULES = {*_EXPORTS, "baselines", "batches", "caching", "doctor", "inspection"}
_MODULES |= {
    "acceleration",
    "backup",
    "copying",
    "decisions",
    "embeddings",
    "fitting",
    "images",
    "inference",
    "mathematics",
    "optimizers",
    "plots",
    "preprocessing",
    "quickstart",
    "ragged",
    "runtime",
    "scenarios",
    "tables",
    "task",
    "vocabulary",
}
_WITHOUT_TENSORFLOW = {"data", "errors", "tokenizer", "runtime", "plots", "ragged"}
_WITHOUT_TENSORFLOW |= {"mathematics"}

__all__ = sorted(_MODULE_OF)


def __getattr__(name):
    module = _MODULE_OF.get(name, name)
    if module not in _MODULES:
        raise AttributeError(f"module 'sftkeras' has no attribute {name!r}")
    if module not in _WITHOUT_TENSORFLOW:
        from sftkeras.runtime import import_keras

        import_keras()
    loaded = importlib.import_module(f"sftkeras.{module}")
    return loaded if module == name else getattr(loaded, name)


def __dir__():
    return sorted({*globals(), *__all__, *_MODULES})
