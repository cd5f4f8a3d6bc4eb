"""Where a fine-tuning step's time goes, and how far it is from the machine's limit.

    python benchmarks/profile_step.py [--layers all|top2|none] [--tokens 20] [--fast]
    python benchmarks/profile_step.py --model e5-small       # or efficientnet-lite0

Trains on batches of 16 texts, after the first steps are done, and prints as Markdown:
the time of a step beside what its matrix products alone would take at the speed of a
large float32 product on the same machine (of photographs, without that); and, from
TensorFlow's profiler, the share of each kind of operation. With `none` a step is a
prediction. `--half` computes in bfloat16, `--fused` has `FusedBlocks`, `--fast` both.
"""

import argparse
import collections
import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sftkeras as sft  # noqa: E402
from sftkeras.machine import import_keras  # noqa: E402

import_keras()

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from sftkeras.training.optimizers import FusedAdam  # noqa: E402
from sftkeras.training.techniques.frozen_once import split_at_frozen  # noqa: E402
from sftkeras.training.techniques.fused_blocks import FusedBlocks  # noqa: E402
from sftkeras.training.techniques.half_precision import computing_in  # noqa: E402

BATCH, VOCABULARY, STEPS = 16, 3000, 30
SIZE = 1024  # of the square product that is taken for the machine's limit


def median_seconds(function, times):
    """Return the median time of a call."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def matrix_limit():
    """Return the machine's FLOP per second on a large float32 product."""
    a = tf.random.normal((SIZE, SIZE))
    product = tf.function(lambda: tf.linalg.matmul(a, a))
    product()
    return 2 * SIZE**3 / median_seconds(product, 30)


def trainer(options):
    """Return (network, function that does one step, FLOP of its products or `None`).

    Args:
        options: the command line's: `model`, `layers` (as in `set_trainable`, "top2",
            or "none" to predict), `tokens`.
    """
    texts, layers, tokens = options.model != "efficientnet-lite0", options.layers, 0
    model = sft.load_pretrained_model(options.model)
    if layers != "none":
        sft.set_trainable(model, sft.blocks(model)[-2:] if layers == "top2" else layers)
    frozen = {layer.name for layer in model.layers if not layer.trainable}
    blocks = [name for name in model_blocks(model) if name not in frozen]
    keep = len(model_blocks(model)) - len(blocks)
    random = np.random.default_rng(0)
    if texts:
        tokens = options.tokens
        model_inputs = {
            "token_ids": random.integers(5, VOCABULARY, (BATCH, tokens)),
            "padding_mask": np.ones((BATCH, tokens), "int32"),
            "segment_ids": np.zeros((BATCH, tokens), "int32"),
        }
        names = {tensor.name for tensor in model.inputs}
        model_inputs = {k: v for k, v in model_inputs.items() if k in names}
    else:
        size = (BATCH, *model.input_shape[1:])
        model_inputs = random.integers(0, 256, size).astype(model.inputs[0].dtype)
    if keep:  # what the frozen layers give is computed once, not in the step
        first, model = split_at_frozen(model)
        model_inputs = first(model_inputs)
    elif texts:  # as `SmallTables` does: only the embedding rows in use
        model.get_layer("token_embedding").trainable = False
    optimizer = FusedAdam(5e-5)
    model.compile(optimizer, "binary_crossentropy")
    optimizer.build(model.trainable_variables)
    labels = np.arange(BATCH) % 2
    weights = sum(
        weight.shape.num_elements()
        for name in blocks
        for weight in map(tf.convert_to_tensor, model.get_layer(name).trainable_weights)
        if len(weight.shape) > 1
    )
    # Forward, gradient of the input, gradient of the weights: two FLOP a weight each.
    flop = 6 * weights * BATCH * tokens or None
    # As in training and prediction, one trace serves all lengths. With the length
    # known, Keras would take other matrix products.
    data = tf.nest.map_structure(tf.constant, (model_inputs, labels))
    signature = tf.nest.map_structure(
        lambda a: tf.TensorSpec([None, None, *a.shape[2:]][: a.ndim], a.dtype), data
    )

    @tf.function(input_signature=signature)
    def step(inputs, targets):
        if layers != "none":
            return model.train_step((inputs, targets))
        return model(inputs, training=False)

    flop = flop / 3 if flop and layers == "none" else flop
    return model, lambda: step(*data), flop


def model_blocks(model):
    """Return the names of the transformer layers."""
    return [x.name for x in model.layers if x.name.startswith("transformer_layer")]


def operation_times(step):
    """Return {kind of operation: seconds}, by TensorFlow's profiler."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        for _ in range(STEPS // 3):
            step()
        tf.profiler.experimental.stop()
        space = xplane_pb2.XSpace()
        file = next(Path(folder).rglob("*.xplane.pb"))
        space.ParseFromString(file.read_bytes())
    times = collections.Counter()
    for plane in space.planes:
        names = {key: value.name for key, value in plane.event_metadata.items()}
        for line in plane.lines:
            for event in line.events:
                # TensorFlow names the runs of its kernels "operation:kind", its
                # own housekeeping "Class::method".
                name = names[event.metadata_id]
                if name.startswith("CpuExecutable::"):
                    times["(XLA's passes)"] += event.duration_ps / 1e12
                _, colon, kind = name.rpartition(":")
                if colon and "::" not in name and kind.isidentifier():
                    times[kind] += event.duration_ps / 1e12
    return times


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", choices=["all", "top2", "none"], default="all")
    parser.add_argument("--tokens", type=int, default=20)
    models = ["minilm", "e5-small", "efficientnet-lite0"]
    parser.add_argument("--model", choices=models, default="minilm")
    for name in ("half", "fused", "fast"):
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    model, step, flop = trainer(options)
    with contextlib.ExitStack() as stack:
        if options.fast or options.half:
            stack.enter_context(computing_in(model, "mixed_bfloat16"))
        if options.fast or options.fused:
            stack.enter_context(
                FusedBlocks().applied_to(SimpleNamespace(network=model, on_shapes=[]))
            )
        show(options, step, flop)


def show(options, step, flop):
    """Measure a step and print its tables."""
    started = time.perf_counter()
    step()
    first = time.perf_counter() - started
    step()
    limit = matrix_limit()
    seconds = median_seconds(step, STEPS)
    limit = max(limit, matrix_limit())
    names = [n for n in ("half", "fused", "fast") if getattr(options, n)]
    of = ", ".join([options.model, options.layers, *names])
    tokens = "" if flop is None else f" x {options.tokens} tokens"
    print(f"| {of}, {BATCH}{tokens} | |\n|---|---|")
    print(f"| first step, with tracing | {first:.1f} s |")
    print(f"| step | {seconds * 1000:.0f} ms |")
    if flop is not None:
        print(f"| matrix products of a step | {flop / 1e9:.1f} GFLOP |")
        print(f"| a {SIZE} x {SIZE} product here | {limit / 1e9:.0f} GFLOP/s |")
        print(f"| step at that speed, nothing else | {flop / limit * 1000:.0f} ms |")
        print(f"| the step reaches | {flop / limit / seconds:.0%} of the limit |")
    times = operation_times(step)
    total = sum(times.values())
    print("\n| operation | share of the operations' time |\n|---|---|")
    for kind, spent in times.most_common(12):
        print(f"| {kind} | {spent / total:.1%} |")


if __name__ == "__main__":
    main()
