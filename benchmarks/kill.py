"""Kill `fit` at random moments, resume it, and compare with a run that was left alone.

    python benchmarks/kill.py [--kills 100] [--jobs lstm minilm] [--seed 0]

Each kill is SIGKILL. Half of them come at a random moment of the run; the others where
it hurts most, in a process that waits there: in the writing of a backup, between its
renames, and while the classifier takes its place. Then `fit --resume` must end with the
same weights, to the last byte, and the same report; a third of the resumed runs are
killed once more. Prints a row a job; exit status 1 if one run ended otherwise.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# Imported once, and forked before its first operation starts any thread.
import h5py
import keras
import keras_hub
import tensorflow as tf

from sftkeras import directories, files
from sftkeras.commands.main import main as command_line
from sftkeras.training import checkpoint

WORDS = {
    "good": ["good", "fine", "kind", "warm"],
    "bad": ["bad", "cold", "rude", "old"],
}
OTHERS = ["food", "room", "staff", "day"]
COMMON = ["--epochs", "6", "--batch-size", "8", "--learning-rate", "0.003"]
FROZEN = ["--layers-to-fine-tune", "none"]
JOBS = {
    "lstm": ["--model", "lstm"],
    "lstm, validation": ["--model", "lstm", "--val", "val.txt", "--patience", "3"],
    "minilm": ["--model", "minilm", *FROZEN],
    "minilm, validation": ["--model", "minilm", *FROZEN, "--val", "val.txt"],
    "minilm, all layers": ["--model", "minilm"],
    "tiny": ["--model", "tiny"],
    "tiny, validation": ["--model", "tiny", *FROZEN, "--val", "val.txt"],
}


def write_texts(folder, name, rows, seed):
    """Write labelled sentences of few words, some of them labelled wrongly."""
    draw = random.Random(seed)
    lines = []
    for _ in range(rows):
        label = draw.choice([*WORDS])
        words = draw.choices(WORDS[label] + OTHERS, k=6)
        label = label if draw.random() < 0.8 else draw.choice([*WORDS])
        lines.append(f"{' '.join(words)} {draw.random():.3f}\t{label}\n")
    (folder / name).write_text("".join(lines))


def write_encoder(folder):
    """Write a BERT of two small layers, which knows our words, for `fit --model`."""
    words = [*WORDS["good"], *WORDS["bad"], *OTHERS]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    keras.utils.set_random_seed(0)
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=len(vocabulary),
        num_layers=2,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=16,
    )
    tokenizer = keras_hub.tokenizers.BertTokenizer(vocabulary, lowercase=True)
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=16
    )
    backbone.save_to_preset(folder / "tiny")
    preprocessor.save_to_preset(folder / "tiny")


def in_a_fork(work, log):
    """Do work in a process of its own, whose output goes to a file; its number."""
    process = os.fork()
    if process:
        return process
    number = 1
    try:
        opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, 1)
        os.dup2(opened, 2)
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        number = work() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(number)


def fit(options, out, log, hook=None):
    """Start `fit` in a process of its own; return its number."""

    def work():
        if hook:
            hook()
        argv = ["fit", "--train", "train.txt", *options, *COMMON, "--out", str(out)]
        return command_line(argv)

    return in_a_fork(work, log)


def wait_here(flag, module, name, number, before=True):
    """Return a hook: the call of a function at which the process waits to be killed."""

    def hook():
        real, calls = getattr(module, name), []

        def call(*args):
            calls.append(args)
            result = None if before else real(*args)
            if len(calls) == number:
                Path(flag).touch()
                time.sleep(600)
            return real(*args) if before else result

        setattr(module, name, call)

    return hook


def half_a_file(flag, number):
    """Return a hook: half of a backup is on the disk when the process is killed."""

    def hook():
        real, calls = checkpoint.pack, []

        class Half(list):
            def __iter__(self):
                whole = b"".join(list.__iter__(self))
                yield whole[: len(whole) // 2]
                Path(flag).touch()
                time.sleep(600)

        def pack(*args):
            calls.append(args)
            pieces = real(*args)
            return Half(pieces) if len(calls) == number else pieces

        from sftkeras.training import resuming

        resuming.pack = pack

    return hook


def places(flag, draw):
    """Return {what happens there: hook} of the moments that hurt most."""
    epoch = draw.randint(1, 5)
    return {
        "half a backup": half_a_file(flag, epoch),
        "before fsync": wait_here(flag, checkpoint.os, "fsync", epoch),
        "between renames": wait_here(flag, checkpoint, "replace", epoch + 1),
        "after renames": wait_here(flag, checkpoint, "replace", epoch, before=False),
        "bundle written": wait_here(flag, directories, "_put_in_place", 1),
        "bundle in place": wait_here(flag, directories, "_put_in_place", 1, False),
        "before the report": wait_here(flag, files, "write_report", 1),
        "before the end": wait_here(flag, checkpoint, "discard_backup", 1),
    }


def kill(process, flag, seconds):
    """Kill a process when its flag is there, or after so many seconds; was it alive?"""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not (flag and Path(flag).exists()):
        if os.waitpid(process, os.WNOHANG)[0]:
            return False
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return True


def ended_well(process, log):
    """Wait for a process; complain, with what it wrote, unless its status is 0."""
    _, status = os.waitpid(process, 0)
    if status:
        print(f"status {status}: {log.read_text()[-2000:]}", file=sys.stderr)
    return status == 0


def result(out):
    """Return a digest of all weights of the classifier, and of the report."""
    digest = hashlib.sha256()
    with (
        zipfile.ZipFile(out / "classifier" / "model.keras") as archive,
        archive.open("model.weights.h5") as stream,
        h5py.File(stream) as file,
    ):

        def add(name, item):
            if isinstance(item, h5py.Dataset):
                digest.update(f"{name} {item.dtype} {item.shape}".encode())
                digest.update(item[()].tobytes())

        file.visititems(add)
    report = json.loads((out / "report.json").read_text())
    del report["train_seconds"]
    return digest.hexdigest(), report


def try_once(options, seconds, expected, folder, draw, number):
    """Kill a run, resume it; return (what was killed, whether all ended well)."""
    out, flag, log = (folder / f"{name}{number}" for name in ("out", "flag", "log"))
    place, hook = "a random moment", None
    if number % 2:
        place, hook = draw.choice([*places(flag, draw).items()])
    alive = kill(
        fit(options, out, log, hook), flag, 600 if hook else draw.uniform(0, seconds)
    )
    again = [*options, "--resume"]
    if draw.random() < 1 / 3:
        kill(fit(again, out, log), None, draw.uniform(0, seconds))
    if not ended_well(fit(again, out, log), log):
        return place, False
    left = {path.name for path in out.iterdir()} - {"classifier", "logs", "report.json"}
    left |= {path.name for path in (out / "classifier").rglob("*.kept")}
    same = result(out) == expected and not left
    if not same:
        print(f"{place}: other bytes or files, {left or ''} {out}", file=sys.stderr)
    else:
        shutil.rmtree(out)
    return place if alive else "too late", same


def run_job(name, kills, seed, folder):
    """Kill one job many times; print the row; return how many ended otherwise."""
    draw, options = random.Random(f"{seed} {name}"), JOBS[name]
    started = time.monotonic()
    log = folder / "log"
    assert ended_well(fit(options, folder / "whole", log), log)
    seconds = time.monotonic() - started
    expected = result(folder / "whole")
    shutil.rmtree(folder / "whole")
    found = [
        try_once(options, seconds, expected, folder, draw, number)
        for number in range(kills)
    ]
    well = sum(same for _, same in found)
    where = ", ".join(
        f"{n} {place}" for place, n in Counter(p for p, _ in found).items()
    )
    print(f"{name}: {well} of {kills} kills resumed to the same bytes ({where})")
    return kills - well


def main():
    """Read the arguments and run the jobs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100, help="of all jobs together")
    parser.add_argument("--jobs", nargs="+", default=[*JOBS][:5], choices=[*JOBS])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    failed, jobs = 0, arguments.jobs
    with tempfile.TemporaryDirectory() as temporary:
        os.chdir(temporary)
        folder = Path(temporary)
        write_texts(folder, "train.txt", 48, seed=1)
        write_texts(folder, "val.txt", 16, seed=2)
        if any(name.startswith("tiny") for name in jobs):
            log = folder / "log"
            assert ended_well(in_a_fork(lambda: write_encoder(folder), log), log)
        for place, name in enumerate(jobs):
            kills = arguments.kills // len(jobs)
            kills += place < arguments.kills % len(jobs)
            (folder / str(place)).mkdir()
            failed += run_job(name, kills, arguments.seed, folder / str(place))
            sys.stdout.flush()
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
