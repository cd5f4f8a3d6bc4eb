"""Try hostile directories in one process, and watch what each does.

Run as a program: `python -m hostile.watch FOLDER [NAME …]`, with `tests` in the path;
it prints a line of JSON a case.
"""

import json
import os
import re
import resource
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

ADDRESS_SPACE = 4 * 2**30  # bytes beyond what the process has when it begins
READ = ("/usr", "/lib", "/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/sys", "/dev")
ALLOWED = (*READ, sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix))
RUN = ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect")


HONEST = [f"honest {n}" for n in ("lstm", "encoder", "arrays", "face", "hub")]
# Cases of a second and more, which the test suite leaves to benchmarks/hostile.py.
SLOW = {
    "1,400 layers beside each other",
    "90 layers in a sequence",
    "config: 9 MB of lists",
    "names: million",
    "weights: 60,000 groups",
    "weights: cycle",
}


class Watcher:
    """What the code that runs meanwhile opens and starts (`sys.addaudithook`)."""

    def __init__(self):
        self.inside, self.seen = None, []
        sys.addaudithook(self.hear)

    def hear(self, event, arguments):
        """Note a file opened outside, and a program started, while watching."""
        if self.inside is None:
            return
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            allowed = (self.inside, *ALLOWED, os.path.dirname(os.__file__))
            allowed = path.startswith(allowed) and path != "/dev/zero"
            # The folder itself: a temporary file that has no name.
            if not allowed and path != tempfile.gettempdir():
                self.seen.append(f"open {path}")
        elif event in RUN:
            self.seen.append(event)


def status(name):
    """Return a figure of /proc/self/status in MB."""
    text = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", text)[1]) // 1024


def attempt(watcher, name, base, change, place):
    """Return what happens when a spoiled copy of `base` is loaded from `place`."""
    import sftkeras as sft

    path = place / "bundle"
    shutil.copytree(base, path)
    change(path)
    load = sft.load_classifier
    if not (base / "classifier.json").exists():
        load = sft.load_pretrained_model
    found = {"name": name, "files": sorted(p.name for p in place.iterdir())}
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, start = status("VmRSS"), time.perf_counter()
    watcher.seen, watcher.inside = [], os.path.realpath(path)
    try:
        load(path if load is sft.load_classifier else str(path))
        outcome, told = "loaded", ""
    except (sft.InputError, OSError) as error:
        outcome, told = type(error).__name__, str(error)
    except Exception as error:
        outcome, told = f"WRONG {type(error).__name__}", str(error)
    finally:
        watcher.inside = None
    found |= {
        "outcome": outcome,
        "told": told.replace(str(path), "")[:300],
        "steers": bool(re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", told)),
        "seconds": round(time.perf_counter() - start, 2),
        "megabytes": status("VmHWM") - before,
        "seen": sorted(set(watcher.seen))[:5],
        "left": sorted({p.name for p in place.iterdir()} - {*found["files"]}),
    }
    return found


def main(folder, *names):
    """Print a line of JSON for each case, all or those named."""
    from hostile import CASES
    from hostile.tools import write_bases
    from sftkeras.machine import import_keras

    import_keras()
    warnings.simplefilter("ignore")
    folder = Path(folder)
    (folder / "honest").mkdir(parents=True)
    bases = write_bases(folder / "honest")
    limit = status("VmSize") * 2**20 + ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    watcher = Watcher()
    honest = {f"honest {name}": (name, lambda path: None) for name in bases}
    cases = honest | CASES
    for name in honest:  # a first load imports and traces what all need
        again = folder / f"again {name}"
        again.mkdir()
        attempt(watcher, name, *_of(bases, cases[name]), again)
    for number, name in enumerate(names or cases):
        place = folder / str(number)
        place.mkdir()
        (place / "secret.txt").write_text("secret")
        found = attempt(watcher, name, *_of(bases, cases[name]), place)
        print(json.dumps(found), flush=True)
        shutil.rmtree(place)


def _of(bases, case):
    base, change = case
    return bases[base], change


if __name__ == "__main__":
    main(*sys.argv[1:])
