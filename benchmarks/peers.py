"""The same job with PyTorch libraries; run by `run.py` in `.venv-bench`."""

import functools
import os
import warnings

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from jobs import (  # noqa: E402
    BATCH_SIZE,
    ENCODER,
    EPOCHS,
    LEARNING_RATE,
    THREADS,
    read_job,
    report,
)

torch.set_num_threads(THREADS)


def trainer(seed=0, half=False, **more):
    """Return (Hugging Face's Trainer without rows, function of texts and labels).

    All layers, dynamic padding; the function makes the rows that it takes.

    Args:
        seed: int. Defaults to `0`.
        half: bool, bfloat16 by autocast. Defaults to `False`.
        more: arguments of `TrainingArguments` that differ from the benchmark's.
    """
    import transformers as hf

    hf.set_seed(seed)
    hf.logging.set_verbosity_error()
    tokenizer = hf.BertTokenizerFast.from_pretrained(ENCODER)
    model = hf.AutoModelForSequenceClassification.from_pretrained(ENCODER, num_labels=2)

    def encode(texts, labels=None):
        rows = tokenizer(texts, truncation=True)
        keys = list(rows)
        return [
            {k: rows[k][i] for k in keys} | ({"labels": labels[i]} if labels else {})
            for i in range(len(texts))
        ]

    usual = {
        "output_dir": "/tmp/sftkeras-benchmark",
        "per_device_train_batch_size": BATCH_SIZE,
        "num_train_epochs": EPOCHS,
        "learning_rate": LEARNING_RATE,
        "seed": seed,
        "bf16": half,
        "use_cpu": True,
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
    }
    arguments = hf.TrainingArguments(**usual | more)
    collate = hf.DataCollatorWithPadding(tokenizer)
    return hf.Trainer(model=model, args=arguments, data_collator=collate), encode


def hugging_face(seed, half=False):
    """Hugging Face Trainer: all layers, dynamic padding."""
    made, encode = trainer(seed, half)

    def fit(texts, labels):
        made.train_dataset = encode(texts, labels)
        made.train()

    def predict(texts):
        made.model.eval()
        rows = encode(texts)
        order = np.argsort([len(row["input_ids"]) for row in rows], kind="stable")
        result = np.empty(len(rows), int)
        computing = torch.autocast("cpu", torch.bfloat16, enabled=half)
        with torch.inference_mode(), computing:
            for start in range(0, len(rows), 32):
                where = order[start : start + 32]
                batch = made.data_collator([rows[i] for i in where])
                result[where] = made.model(**batch).logits.argmax(-1).numpy()
        return result.tolist()

    return fit, predict


def _setfit_model():
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from setfit import SetFitModel
    from sklearn.linear_model import LogisticRegression

    transformer = Transformer(str(ENCODER))
    body = SentenceTransformer(modules=[transformer, Pooling(384)], device="cpu")
    return SetFitModel(model_body=body, model_head=LogisticRegression(max_iter=1000))


def _setfit_predict(model):
    return lambda texts: [
        int(label) for label in model.predict(texts, batch_size=32, use_labels=False)
    ]


def setfit_head(seed):
    """SetFit, head only: embeddings of the frozen encoder, logistic regression."""
    model = _setfit_model()

    def fit(texts, labels):
        vectors = model.encode(texts, batch_size=32)
        model.model_head.fit(vectors, labels)

    return fit, _setfit_predict(model)


def setfit_contrastive(seed):
    """SetFit as its quick start runs it, 150 contrastive steps of 16 pairs."""
    from datasets import Dataset
    from setfit import Trainer, TrainingArguments

    model = _setfit_model()

    def fit(texts, labels):
        arguments = TrainingArguments(
            output_dir="/tmp/sftkeras-benchmark",
            batch_size=16,
            max_steps=150,
            seed=seed,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            show_progress_bar=False,
        )
        rows = Dataset.from_dict({"text": texts, "label": labels})
        Trainer(model=model, args=arguments, train_dataset=rows).train()

    return fit, _setfit_predict(model)


JOBS = {
    "hf-trainer": hugging_face,
    "hf-trainer-half": functools.partial(hugging_face, half=True),
    "setfit-head": setfit_head,
    "setfit-contrastive": setfit_contrastive,
}

if __name__ == "__main__":
    name, seed, data = read_job()
    report(*JOBS[name](seed), data)
