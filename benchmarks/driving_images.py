"""A driver who looks: grey pictures of dense traffic in place of numbers (§6.8).

    python benchmarks/driving_images.py                       # two minutes
    python benchmarks/driving_images.py --network efficientnet-lite0

The teacher drives, one action in ten by lot; the simulator draws each second, and a
network learns his advice from two pictures, this second's and the last one's, in grey
and a quarter of the size: from scratch, or the frozen EfficientNet-Lite0 with a new
head, which sees the same two and their mean as colours. Then it drives traffic that it
has not seen. What comes of it is printed and, with `--out`, written as a CSV. Nothing
was chosen on held-out drives: it says what pictures take, not what they can give.
"""

import argparse
import sys
import time
import weakref
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
from sftkeras.files import write_file  # noqa: E402
from sftkeras.graph import attach  # noqa: E402
from sftkeras.process import drawing_from  # noqa: E402
from sftkeras.scenarios.driving import TESTED  # noqa: E402
from sftkeras.tasks.classification import Classification  # noqa: E402

SIZE = (37, 150)
FIRST = 5000  # seed of the traffic to learn from; no other driver's


def small(image):
    """Return a picture in grey, a quarter as wide and high: uint8 `(37, 150)`."""
    grey = image[:148].mean(axis=-1).reshape(37, 4, 150, 4)
    return grey.mean(axis=(1, 3)).astype("uint8")


def beside(now, before):
    """Return two small pictures and their mean as colours, uint8 `(37, 150, 3)`."""
    mean = (now.astype("uint16") + before) // 2
    return np.stack([now, before, mean.astype("uint8")], axis=-1)


def scenes(pictures):
    """Return what a driver sees each second, uint8 `(S, 37, 150, 3)`, at the end none.

    Args:
        pictures: S + 1 pictures of a drive.
    """
    frames = [small(one) for one in pictures[:-1]]
    before = [frames[0], *frames[:-1]]
    return np.stack([beside(*pair) for pair in zip(frames, before, strict=True)])


class Looking:
    """A driver who sees pictures, and remembers the last one of each road."""

    def __init__(self, model):
        self.model, self.last = model, weakref.WeakKeyDictionary()

    def __call__(self, seen, worlds):
        """Return the actions, 0 to 4, for the roads that are under way."""
        views = []
        for world in worlds:
            now = small(picture(world))
            views.append(beside(now, self.last.get(world, now)))
            self.last[world] = now
        names = sft.predict(self.model, np.stack(views))
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
    options = {"label_names": ACTIONS, "num_classes": len(ACTIONS), "seed": seed}
    model = sft.load_pretrained_model("efficientnet-lite0", **options)
    return sft.fine_tune(model, x, y, None, seed=seed, verbose=0)


NETWORKS = {"scratch": from_scratch, "efficientnet-lite0": frozen}


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", choices=NETWORKS, default="scratch")
    parser.add_argument("--drives", type=int, default=60, help="to learn from")
    parser.add_argument("--tested", type=int, default=60, help="at most 60")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    started = time.process_time()
    seeds = range(FIRST, FIRST + arguments.drives)
    teacher = slipping(0.1, arguments.seed)
    drives = drive("dense", seeds, teacher, ask_teacher=True, film=True)
    x = np.concatenate([scenes(one.pictures) for one in drives])
    y = np.array([ACTIONS[action] for one in drives for action in one.advised])
    spent = f"{time.process_time() - started:.0f} s of processor time"
    print(f"{len(x)} pictures: {spent}", flush=True)
    model = NETWORKS[arguments.network](x, y, arguments.seed)
    learned = float(np.mean(np.array(sft.predict(model, x)) == y))
    spent = f"{time.process_time() - started:.0f} s"
    print(f"trained, agrees on {learned:.3f} of them: {spent}", flush=True)
    drivers = {arguments.network: Looking(model), "always IDLE": always("IDLE")}
    rows = []
    for name, driver in {**drivers, "the teacher": as_advised}.items():
        found = judged(episodes(drive("dense", TESTED[: arguments.tested], driver)))
        rows.append({"model": name, "drives": arguments.drives, **found})
    table = pd.DataFrame(rows).round(3)
    print(table.to_string(index=False))
    print(f"{time.process_time() - started:.0f} s in all")
    if arguments.out:
        with write_file(arguments.out) as temporary:
            table.to_csv(temporary, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
