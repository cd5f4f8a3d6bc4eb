"""Damaged input against everything that reads, for a limited time: `make fuzz`.

    python benchmarks/fuzz.py [TARGET …] [--seconds 60]

Each target is a function of bytes. If it raises what is no error of ours, or takes too
long, that is a finding: its input is kept in `tests/fuzz/TARGET/`, where `make test`
tries it from then on. atheris guides the changes by the lines that they reach; where it
is not installed (`pip install atheris`, Linux), changes are blind.
"""

import argparse
import importlib.util
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from fuzz_targets import KEPT, ROOT, TARGETS, seeds

sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
LONGEST = 4096  # bytes of an input
SLOW = 2.0  # seconds for it; a megabyte should take no longer


class Finding(Exception):
    """An input that is neither read nor refused as it should be."""


def try_one(target, content, folder):
    """Give a target one input; raise `Finding` for what is no error of ours."""
    from sftkeras.errors import InputError

    start = time.perf_counter()
    try:
        TARGETS[target][0](content, folder)
    except (InputError, OSError):
        pass
    except Exception as error:
        raise Finding(f"{type(error).__name__}: {error}"[:200]) from error
    if time.perf_counter() - start > SLOW:
        raise Finding(f"slow: {time.perf_counter() - start:.1f} s")


_PIECES = [b"\0", b"\xff", b"\t", b'"', b"\r", b"[" * 2000, b"9" * 400, b"\xef\xbb"]


def mutate(content, random):
    """Return an input changed in a few blind ways."""
    content = bytearray(content)
    for _ in range(random.randint(1, 6)):
        at = random.randint(0, len(content))
        kind = random.randrange(5)
        if kind == 0 and content:
            content[at % len(content)] ^= 1 << random.randrange(8)
        elif kind == 1:
            del content[at : at + random.randint(1, 20)]
        elif kind == 2:
            content[at:at] = random.randbytes(random.randint(1, 9))
        elif kind == 3:
            content[at:at] = content[: random.randint(1, 50)]
        else:
            content[at : at + 1] = random.choice(_PIECES)
    return bytes(content[: 50 * LONGEST])


def keep(target, content, error):
    """Keep the input of a finding."""
    (KEPT / target).mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "_", str(error))[:40]
    (KEPT / target / name).write_bytes(content)
    print(f"FOUND {target}: {error}", flush=True)


def fuzz_blindly(target, seconds, folder):
    """Try changed inputs for some seconds."""
    known, rng = seeds(target) or [b""], random.Random(0)
    end, runs = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        content = mutate(rng.choice(known), rng)
        runs += 1
        try:
            try_one(target, content, folder)
        except Finding as error:
            keep(target, content, error)
    print(f"{target}: {runs} inputs, blind", flush=True)


def fuzz_guided(target, seconds, folder):
    """Let atheris change inputs, by the lines that they reach. It ends the process."""
    import atheris

    with atheris.instrument_imports(include=["sftkeras", "json", "csv"]):
        try_one(target, b"", folder)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, content in enumerate(seeds(target)):
        (corpus / str(number)).write_bytes(content)
    inside = folder / "inside"
    inside.mkdir()
    told = set()

    def one(content):
        try:
            try_one(target, content, inside)
        except Finding as error:
            kind = str(error)[:60]
            if kind not in told:
                told.add(kind)
                keep(target, content, error)

    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST * 8}",
        "-rss_limit_mb=0",
    ]
    atheris.Setup([sys.argv[0], *options, "-timeout=30", str(corpus)], one)
    atheris.Fuzz()


def run(target, seconds):
    """Fuzz one target in this process."""
    warnings.simplefilter("ignore")
    if target in ("archive", "manifest", "command"):
        from sftkeras.machine import import_keras

        import_keras()
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of files
    folder = Path(tempfile.mkdtemp(dir=memory))
    guided = importlib.util.find_spec("atheris") is not None
    try:
        try_one(target, b"", folder)
        (fuzz_guided if guided else fuzz_blindly)(target, seconds, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    """Fuzz each target in a process of its own; exit 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", nargs="*", default=[], metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for all; default: 60")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    targets = arguments.target or list(TARGETS)
    if unknown := set(targets) - set(TARGETS):
        parser.error(f"no target {sorted(unknown)}; there are {', '.join(TARGETS)}")
    if arguments.one:
        run(targets[0], arguments.seconds)
        return 0
    share, runs, found = max(1, arguments.seconds // len(targets)), 0, []
    for target in targets:
        command = [sys.executable, __file__, target, "--one", "--seconds", str(share)]
        done = subprocess.run(command, capture_output=True, text=True)
        output = done.stdout + done.stderr
        count = re.findall(r"Done (\d+) runs|(\d+) inputs, blind", output)
        count = int(next(filter(None, count[-1]))) if count else 0
        runs += count
        found += re.findall(r"FOUND .*", output)
        if done.returncode:
            found.append(f"{target}: the process ended with {done.returncode}")
            print(output[-2000:])
        print(f"{target:12} {count:>10,} inputs", flush=True)
    print(f"{'all':12} {runs:>10,} inputs, {len(found)} findings")
    print("\n".join(found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
