"""How fast a fine-tuned classifier predicts: in TensorFlow, exported, and by peers.

    python benchmarks/serving.py [--model DIR] [--runs 5] [--no-peers]

MiniLM, all layers fine-tuned on `data/reviews` (or the classifier of `--model`), on its
1,000 texts: the 658 of the test and 342 of the training data. Each contender is a
process of its own with two threads, which waits; they take turns, `--runs` times, from
texts to probabilities, in batches of 32 by length. Then whole processes that predict
one text. The peers have the same weights and are run in `.venv-bench` (`make bench`
makes it; and there `pip install onnx onnxruntime`).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKER = Path(__file__).with_name("serving_worker.py")
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

import sftkeras as sft  # noqa: E402

OURS = ("tensorflow", "exported", "exported int8")
ENGINES = ("openvino", "openvino bf16")  # of what was exported
PEERS = ("transformers", "transformers bf16", "ort example", "ort example int8")
ROWS = 1000


class Contender:
    """A process that answers the same texts whenever it is asked."""

    def __init__(self, name, folder, python):
        command = [python, str(WORKER), name, str(folder)]
        self.name, self.seconds, self.processor = name, [], []
        environment = {**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": str(ROOT)}
        self.errors = Path(folder, f"{name}.err")
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        self.ready = None

    def wait(self):
        """Wait until it has answered once; return whether it did."""
        self.ready = self._told()
        return self.ready is not None

    def run(self):
        """Let it predict all texts once."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        told = self._told()
        self.seconds.append(told["seconds"])
        self.processor.append(told["processor"])

    def outputs(self, folder):
        """End it; return its probabilities of the second class, `(N,)`."""
        self.process.communicate("end\n")
        return np.load(Path(folder, f"{self.name}.npy"))

    def _told(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else None


def prepare(folder, model):
    """Write what the contenders read: texts, directories, the peers' weights."""
    train = sft.load_texts(ROOT / "data" / "reviews" / "train_data.txt")
    test = sft.load_texts(ROOT / "data" / "reviews" / "test_data.txt")
    if model is None:
        model = sft.load_pretrained_model("minilm", label_names=train.label_names)
        model = sft.fine_tune(model, train, verbose=0)
    else:
        model = sft.load_classifier(model)
    texts = [*test.texts, *train.texts][:ROWS]
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    sft.save_classifier(model, folder / "tensorflow")
    sft.export_model(model, folder / "exported")
    sft.export_model(model, folder / "exported int8", quantize="int8")
    if len(sft.blocks(model)) == 6:
        np.savez(folder / "weights.npz", **hugging_face(model))
    codes = [model.label_names.index(label) for label in test.labels.tolist()]
    return np.array(codes)


def hugging_face(model):
    """Return MiniLM's weights under the names of `transformers.BertModel`."""
    layers = {layer.name: layer for layer in model.layers}
    found = {
        f"embeddings.{theirs}.weight": layers[f"{ours}_embedding"].get_weights()[0]
        for ours, theirs in (
            ("token", "word_embeddings"),
            ("position", "position_embeddings"),
            ("segment", "token_type_embeddings"),
        )
    }
    scale, shift = layers["embeddings_layer_norm"].get_weights()
    found |= {"embeddings.LayerNorm.weight": scale, "embeddings.LayerNorm.bias": shift}
    places = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "attention_output": "attention.output.dense",
        "self_attention_layer_norm": "attention.output.LayerNorm",
        "feedforward_intermediate_dense": "intermediate.dense",
        "feedforward_output_dense": "output.dense",
        "feedforward_layer_norm": "output.LayerNorm",
    }
    for number in range(6):
        layer = layers[f"transformer_layer_{number}"]
        for weight, values in zip(layer.weights, layer.get_weights(), strict=True):
            part, kind = weight.path.split("/")[-2:]
            width = layer.get_weights()[-1].shape[0]
            if kind == "kernel":
                out = part == "attention_output"
                values = values.reshape((-1, width) if out else (len(values), -1)).T
            name = "bias" if kind in ("bias", "beta") else "weight"
            where = f"encoder.layer.{number}.{places[part]}.{name}"
            found[where] = np.ravel(values) if name == "bias" else values
    kernel, bias = layers["head"].get_weights()
    return found | {"head.weight": kernel.T, "head.bias": bias}


def logits(probabilities):
    """Return what a sigmoid made them of."""
    return np.log(probabilities) - np.log1p(-probabilities)


def start_up(folder, runs):
    """Print the seconds of whole processes that predict one text."""
    found = {name: [] for name in OURS}
    for _ in range(runs + 1):
        for name, times in found.items():
            command = ["-m", "sftkeras", "predict", "--model", str(folder / name)]
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, *command, "Worth every cent."],
                check=True,
                capture_output=True,
                cwd=ROOT,
            )
            times.append(time.perf_counter() - started)
    print("\none text, the whole process")
    first = statistics.median(found["tensorflow"][1:])
    for name, times in found.items():
        median = statistics.median(times[1:])
        print(f"{name:20}{median:8.2f} s{median / first:8.2f} of TensorFlow's")


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="a saved two-class MiniLM; default: train one")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument(
        "--peers-python", default=str(ROOT / ".venv-bench" / "bin" / "python")
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        targets = prepare(folder, arguments.model)
        known = [(name, sys.executable) for name in OURS + ENGINES]
        if not arguments.no_peers and (folder / "weights.npz").exists():
            known += [(name, arguments.peers_python) for name in PEERS]
        contenders = [Contender(name, folder, python) for name, python in known]
        for each in contenders:
            if not each.wait():
                said = each.errors.read_text(errors="replace").split("\n")
                last = [line for line in said if line.strip()][-1:]
                print(f"{each.name}: cannot be run here:", *last)
        contenders = [each for each in contenders if each.ready]
        for _ in range(arguments.runs):
            for each in contenders:
                each.run()
        compare(contenders, folder, targets)
        start_up(folder, min(arguments.runs, 3))


def compare(contenders, folder, targets):
    """Print texts a second, ratios to TensorFlow's, differences and accuracies."""
    outputs = {each.name: each.outputs(folder) for each in contenders}
    base = contenders[0]
    print(f"{ROWS} texts, {len(base.seconds)} runs in turn")
    print(
        f"{'':20}{'texts/s':>8}{'lowest-highest':>17}{'ratio':>7}{'cpu s':>7}"
        f"{'logit':>9}  acc."
    )
    for each in contenders:
        pace = sorted(ROWS / seconds for seconds in each.seconds)
        ratios = [b / e for b, e in zip(base.seconds, each.seconds, strict=True)]
        found = outputs[each.name]
        far = np.abs(logits(found) - logits(outputs[base.name])).max()
        right = np.mean((found[: len(targets)] > 0.5) == targets)
        print(
            f"{each.name:20}{statistics.median(pace):8.0f}"
            f"{f'{pace[0]:.0f}-{pace[-1]:.0f}':>17}"
            f"{statistics.median(ratios):7.2f}{statistics.median(each.processor):7.2f}"
            f"{far:9.1e}  {right:.3f}"
        )


if __name__ == "__main__":
    main()
