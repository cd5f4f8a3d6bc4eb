"""A driver who looks: grey pictures of dense traffic in place of numbers (§6.8).

    python benchmarks/driving_images.py                       # three minutes
    python benchmarks/driving_images.py --network efficientnet-lite0

The teacher drives, one action in ten by lot; the simulator draws each second, and a
network learns his advice from two pictures, this second's and the last one's, in grey
and a quarter of the size: from scratch, or the frozen EfficientNet-Lite0 with a new
head, which sees the same two and their mean as colours. Then it drives traffic that it
has not seen. What comes of it is printed and, with `--out`, written as a row of a CSV.
"""

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sftkeras as sft  # noqa: E402

keras = sft.machine.import_keras()

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from sftkeras.data.driving import always, as_advised, drive, slipping  # noqa: E402
from sftkeras.data.roads import ACTIONS, picture  # noqa: E402
from sftkeras.evaluation.closed_loop import episodes, judged  # noqa: E402
from sftkeras.graph import attach  # noqa: E402
from sftkeras.process import drawing_from  # noqa: E402
from sftkeras.scenarios.driving import TESTED  # noqa: E402
from sftkeras.tasks.classification import Classification  # noqa: E402

SIZE = (37, 150)


def small(image):
    """Return a picture in grey, a quarter as wide and high: uint8 `(37, 150)`."""
    grey = image[:148].mean(axis=-1).reshape(37, 4, 150, 4)
    return grey.mean(axis=(1, 3)).astype("uint8")


def pairs_of(pictures):
    """Return each second's picture with the last one's: uint8 `(S, 37, 150, 3)`."""
    frames = np.stack([small(one) for one in pictures])
    before = np.concatenate([frames[:1], frames[:-1]])
    mean = (frames.astype("uint16") + before) // 2
    return np.stack([frames, before, mean.astype("uint8")], axis=-1)


class Looking:
    """A driver who sees pictures, and remembers the last one of each road."""

    def __init__(self, model):
        self.model, self.last = model, {}

    def __call__(self, seen, worlds):
        """Return the actions, 0 to 4, for the roads that are under way."""
        pairs = []
        for world in worlds:
            now = picture(world)
            pairs.append(pairs_of([self.last.get(id(world), now), now])[1])
            self.last[id(world)] = now
        names = sft.predict(self.model, np.stack(pairs))
        return [ACTIONS.index(name) for name in names]


def from_scratch(x, y, seed):
    """Return a small convolutional network, trained on these pictures alone."""
    layers = keras.layers
    with drawing_from(seed):
        inputs = keras.Input((*SIZE, 3))
        h = layers.Rescaling(1 / 255)(inputs)
        for width in (16, 32, 48):
            h = layers.Conv2D(width, 5, 2, "same", activation="relu")(h)
        h = layers.Dense(64, "relu")(layers.Dropout(0.3)(layers.Flatten()(h)))
        model = keras.Model(inputs, layers.Dense(len(ACTIONS), "softmax")(h))
    attach(model, Classification(ACTIONS))
    options = {"epochs": 20, "batch_size": 64, "seed": seed, "verbose": 0}
    sft.train_model(model, x, y, learning_rate=sft.warmup_cosine(1e-3), **options)
    return model


def frozen(x, y, seed):
    """Return EfficientNet-Lite0 with a new head, its layers as ImageNet left them."""
    model = sft.load_pretrained_model("efficientnet-lite0", label_names=ACTIONS,
                                      num_classes=len(ACTIONS), seed=seed)  # fmt: skip
    return sft.fine_tune(model, x, y, None, seed=seed, verbose=0)


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    networks = {"scratch": from_scratch, "efficientnet-lite0": frozen}
    parser.add_argument("--network", choices=networks, default="scratch")
    parser.add_argument("--drives", type=int, default=60, help="to learn from")
    parser.add_argument("--tested", type=int, default=30, help="at most 60")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    started = time.perf_counter()
    teacher = slipping(0.1, arguments.seed)
    seeds = range(5000, 5000 + arguments.drives)
    drives = drive("dense", seeds, teacher, ask_teacher=True, film=True)
    x = np.concatenate([pairs_of(one.pictures)[:-1] for one in drives])
    y = np.array([ACTIONS[action] for one in drives for action in one.advised])
    print(f"{len(x)} pictures, {time.perf_counter() - started:.0f} s", flush=True)
    model = networks[arguments.network](x, y, arguments.seed)
    print(f"trained, {time.perf_counter() - started:.0f} s", flush=True)
    drivers = {arguments.network: Looking(model), "always IDLE": always("IDLE")}
    rows = []
    for name, driver in {**drivers, "the teacher": as_advised}.items():
        found = judged(episodes(drive("dense", TESTED[: arguments.tested], driver)))
        rows.append({"model": name, "drives": arguments.drives, **found})
    table = pd.DataFrame(rows).round(3)
    print(table.to_string(index=False))
    if arguments.out:
        table.to_csv(arguments.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
