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

import os
import sys

from sftkeras.lazy import Former, exports

# TensorFlow reads this once, when it is imported. Left alone it takes oneDNN's kernels
# on recent Intel processors only; on the AMD EPYC that we measured they halve a step.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"

_PUBLIC = {
    "errors": ["DivergedError", "InputError"],
    "data.examples": ["Examples"],
    "data.texts": ["TextData", "iterate_texts", "load_texts"],
    "data.splits": ["find_leaks", "split_examples", "split_texts"],
    "data.images": ["load_images"],
    "data.audio": ["read_audio"],
    "data.transcripts": ["load_recordings"],
    "data.catalogues": ["load_pairs"],
    "data.tables": ["load_table"],
    "inputs.tokenizer": ["Tokenizer", "load_data"],
    "tasks.classification": ["Classification"],
    "tasks.generation": ["Generation"],
    "tasks.multilabel": ["MultiLabel"],
    "tasks.regression": ["Regression"],
    "tasks.task": ["Task"],
    "tasks.transcription": ["Transcription"],
    "tasks.translation": ["Translation"],
    "models.blocks": ["blocks"],
    "models.averaging": ["average_models"],
    "models.baselines": ["majority_classifier", "tfidf_classifier"],
    "models.heads": ["replace_head"],
    "models.images": ["augment", "load_image_model"],
    "models.lstm": ["create_model"],
    "models.pretrained": ["load_pretrained_model"],
    "models.speech": ["add_words"],
    "models.translator": ["load_translator"],
    "training.fine_tuning": ["fine_tune", "train_model"],
    "training.recipe": ["Recipe"],
    "training.schedules": ["constant", "one_cycle", "warmup_cosine"],
    "training.techniques.distillation": ["Distillation"],
    "training.techniques.fused_blocks": ["FusedBlocks"],
    "training.techniques.fused_lstm": ["FusedLSTM"],
    "training.techniques.layer_rates": ["LayerRates"],
    "training.techniques.lora": ["LoRA"],
    "training.freezing": [
        "check_frozen",
        "describe_changes",
        "describe_layers",
        "set_trainable",
    ],
    "evaluation.inside": ["embed", "feature_maps", "find_neighbours", "trace"],
    "evaluation.mistakes": ["confident_mistakes"],
    "evaluation.predicting": ["evaluate_model", "predict", "predict_probabilities"],
    "evaluation.thresholds": ["threshold_table", "tune_thresholds"],
    "evaluation.answering": ["answer"],
    "data.conversations": ["load_conversations"],
    "saving.adapters": ["load_adapters", "save_adapters"],
    "saving.bundle": ["load_classifier", "save_classifier"],
    "serving.export": ["export_model"],
    "serving.exported": ["load_exported"],
}
_WITHOUT_TENSORFLOW = ("errors", "data", "files", "machine", "mathematics", "plots")
_WITHOUT_TENSORFLOW += ("inputs.tokenizer", "inputs.ragged", "lazy", "commands")
_WITHOUT_TENSORFLOW += ("language", "serving.exported")


def _start_quietly(module):
    if not module.startswith(_WITHOUT_TENSORFLOW):
        from sftkeras.machine import import_keras

        import_keras()


__getattr__, __dir__, __all__ = exports("sftkeras", _PUBLIC, _start_quietly)

# Modules of 0.1.0, when all files lay flat: notebooks and programs of then still run.
for _name, _today in {
    "acceleration": [
        "training.compute",
        "training.techniques.half_precision",
        "machine",
    ],
    "baselines": ["models.baselines"],
    "batches": ["inputs.batches", "inputs.rows"],
    "bundle": ["saving.bundle"],
    "caching": ["training.techniques.frozen_once"],
    "copying": ["models.copying"],
    "decision_plots": ["plots.decisions"],
    "decisions": ["evaluation.thresholds"],
    "embeddings": ["evaluation.inside"],
    "images": ["data.images", "models.images", "evaluation.inside"],
    "inspection": ["evaluation.mistakes", "evaluation.thresholds"],
    "optimizers": ["training.optimizers"],
    "pretrained": ["models.pretrained", "models.heads", "models.encoders"],
    "runtime": ["machine", "files", "directories"],
    "scenarios.steps": ["scenarios.running"],
    "task": ["tasks.infer", "models.heads"],
    "tables": ["data.tables", "models.tables"],
    "tokenizer": ["inputs.tokenizer"],
}.items():
    globals()[_name] = Former(_name, _today, _start_quietly)
    sys.modules[f"sftkeras.{_name}"] = globals()[_name]
