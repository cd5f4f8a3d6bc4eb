"""One contender of `serving.py`, in a process of its own: `NAME FOLDER`.

It reads `go` from standard input, predicts all texts once, and writes the seconds.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TF_CPP_MIN_LOG_LEVEL="3")

import numpy as np

THREADS, BATCH = 2, 32
VOCABULARY = Path(__file__).parents[1] / "data" / "pretrained" / "minilm"


def tensorflow(folder):
    """`sftkeras.predict_probabilities` of the saved classifier."""
    import sftkeras as sft

    model = sft.load_classifier(folder / "tensorflow")
    return lambda texts: sft.predict_probabilities(model, texts, BATCH)[:, 1]


def exported(folder, name="exported", engine="onnxruntime"):
    """`Exported.predict_probabilities`."""
    import sftkeras as sft

    model = sft.load_exported(folder / name, engine=engine)
    return lambda texts: model.predict_probabilities(texts, BATCH)[:, 1]


def transformers(folder, half=False):
    """`transformers.BertModel`, mean pooling and the head, as sentence-transformers."""
    import torch

    torch.set_num_threads(THREADS)
    network = _network(folder)

    def run(inputs):
        inputs = {name: torch.tensor(values) for name, values in inputs.items()}
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, half):
            return network(**inputs).float().numpy()

    return _by_length(run)


def ort_example(folder, int8=False):
    """ONNX Runtime's MiniLM: exported by PyTorch, fused and quantized by its tools."""
    import onnxruntime
    import torch

    ids = torch.ones(2, 8, dtype=torch.int64)
    inputs = {"input_ids": ids, "attention_mask": ids, "token_type_ids": 0 * ids}
    # Two processes may be at it: each has its own files.
    plain, fused = (str(folder / f"{name} {int8}.onnx") for name in ("plain", "fused"))
    axes = {name: {0: "rows", 1: "tokens"} for name in inputs}
    torch.onnx.export(
        _network(folder),
        tuple(inputs.values()),
        plain,
        input_names=list(inputs),
        output_names=["outputs"],
        dynamic_axes={**axes, "outputs": {0: "rows"}},
        opset_version=17,
        dynamo=False,
    )
    from onnxruntime.transformers import optimizer

    best = optimizer.optimize_model(plain, "bert", num_heads=12, hidden_size=384)
    best.save_model_to_file(fused)
    if int8:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic

        options = {"DefaultTensorType": onnx.TensorProto.FLOAT}  # of fused operators
        quantize_dynamic(
            fused,
            folder / "int8.onnx",
            weight_type=QuantType.QInt8,
            extra_options=options,
        )
        fused = str(folder / "int8.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(
        fused, options, providers=["CPUExecutionProvider"]
    )
    return _by_length(lambda inputs: session.run(["outputs"], inputs)[0])


def _network(folder):
    """Return `BertModel` with the weights of `serving.py`, to logits `(B, 1)`."""
    import torch
    from transformers import BertConfig, BertModel

    class Classifier(torch.nn.Module):
        def __init__(self):
            super().__init__()
            config = BertConfig.from_pretrained(VOCABULARY)
            self.bert = BertModel(config, add_pooling_layer=False)
            self.head = torch.nn.Linear(config.hidden_size, 1)

        def forward(self, input_ids, attention_mask, token_type_ids):
            states = self.bert(
                input_ids=input_ids,
                attention_mask=attention_mask,
                token_type_ids=token_type_ids,
            ).last_hidden_state
            mask = attention_mask[:, :, None].to(states.dtype)
            return self.head((states * mask).sum(1) / mask.sum(1))

    network = Classifier().eval()
    weights = {n: torch.tensor(w) for n, w in np.load(folder / "weights.npz").items()}
    head = {n.removeprefix("head."): w for n, w in weights.items() if n[:5] == "head."}
    network.head.load_state_dict(head)
    rest = {n: w for n, w in weights.items() if n[:5] != "head."}
    found = network.bert.load_state_dict(rest, strict=False)
    assert not found.unexpected_keys, found
    assert all("position_ids" in name for name in found.missing_keys), found
    return network


def _by_length(run):
    """Return a function of texts: their ids, batches by length, a sigmoid."""
    from transformers import BertTokenizerFast

    tokenizer = BertTokenizerFast.from_pretrained(VOCABULARY)

    def predict(texts):
        rows = tokenizer(texts, truncation=True, max_length=512)
        order = np.argsort([len(ids) for ids in rows["input_ids"]], kind="stable")
        outputs = np.empty(len(texts))
        for start in range(0, len(order), BATCH):
            where = order[start : start + BATCH]
            batch = {n: [values[i] for i in where] for n, values in rows.items()}
            batch = tokenizer.pad(batch, return_tensors="np")
            outputs[where] = run({n: np.int64(v) for n, v in batch.items()})[:, 0]
        return 1 / (1 + np.exp(-outputs))

    return predict


def main():
    """Answer on standard output: `{}` when ready, then the seconds of each run."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    predict = {
        "tensorflow": tensorflow,
        "exported": exported,
        "exported int8": lambda f: exported(f, "exported int8"),
        "openvino": lambda f: exported(f, engine="openvino"),
        "openvino bf16": lambda f: exported(f, engine="openvino-bfloat16"),
        "transformers": transformers,
        "transformers bf16": lambda f: transformers(f, half=True),
        "ort example": ort_example,
        "ort example int8": lambda f: ort_example(f, int8=True),
    }[name](folder)
    outputs = predict(texts)  # warm
    np.save(folder / f"{name}.npy", outputs)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        if line.strip() != "go":
            break
        started, used = time.perf_counter(), time.process_time()
        predict(texts)
        told = {"seconds": time.perf_counter() - started}
        told["processor"] = time.process_time() - used
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
