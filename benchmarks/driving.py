"""Who crashes? Drivers on dense traffic and on the merge, by demonstrated drives.

    python benchmarks/driving.py               # goes on where it stopped; 18 minutes
    python benchmarks/driving.py --minutes 5   # stop after so long; call again
    python benchmarks/driving.py --out runs/small.csv --seeds 1 --jobs dense-10

Each row is one driver on the 60 tested seeds of a road (`scenarios.driving.TESTED`):
how many crash, which, how fast he was, how often he agrees with the teacher on
demonstrated drives that nobody learned from. `labels` are the demonstrated drives that
he learned from; those that DAgger adds are not counted there. A seed draws the drives,
and the networks. After each driver the CSV is written anew; those that it holds are not
repeated, so delete it after a change to the training code.

The settings of the scenario were chosen on held-out demonstrations, seeds 5 to 7; the
least steps from scratch, and how long is trained after DAgger, by who crashed on the
traffic of seeds 20000 to 20059.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sftkeras.machine import import_keras  # noqa: E402

keras = import_keras()

import pandas as pd  # noqa: E402

from sftkeras.data.drives import load_drives, road_of  # noqa: E402
from sftkeras.data.driving import always, as_advised  # noqa: E402
from sftkeras.evaluation.closed_loop import judged  # noqa: E402
from sftkeras.files import write_file  # noqa: E402
from sftkeras.scenarios import driving, running  # noqa: E402
from sftkeras.training.dagger import dagger  # noqa: E402

CSV = ROOT / "benchmarks" / "driving.csv"
RULES = {"always IDLE": "IDLE", "always SLOWER": "SLOWER", "the teacher": None}
UNTOUCHED = "pretrained, untouched"
METHODS = {
    UNTOUCHED: lambda pretrained, train, seed: pretrained,
    "from scratch": driving.from_scratch,
    "from scratch, settings of fine-tuning": partial(
        driving.from_scratch, **driving.TUNING
    ),
}
DECISION = ["decision_*", "head"]
TUNED = {"fine-tuned": driving.fine_tuned}
# Road, demonstrated drives, rounds of DAgger with how many drives each, of whom.
JOBS = {
    "dense-10": ("dense", 10, 2, 100, TUNED | {"from scratch": driving.from_scratch}),
    "merge-2": ("merge", 2, 2, 10, TUNED | {"from scratch": driving.from_scratch}),
    "dense-40": ("dense", 40, 0, 0, TUNED),
    "dense-2": ("dense", 2, 0, 0, TUNED),
}


def drivers(job, seed, wanted):
    """Yield `(name, driver, test)` of a job, of the names that are still wanted."""
    road, labels, rounds, count, ways = JOBS[job]
    examples = load_drives(driving.DRIVES / f"{road}.npz")
    pool, test = (examples.take(r) for r in driving.SCENARIO.split(examples, seed))
    train = running.draw(pool, labels, seed, by_group=True)
    pretrained = driving.pretrained_model(pool, seed)
    for name, fit in METHODS.items():
        if wanted(name):
            yield name, fit(pretrained, train, seed), test
    if job == "dense-10" and wanted(name := "fine-tuned, decision layers"):
        yield name, driving.fine_tuned(pretrained, train, seed, DECISION), test
    for way, method in ways.items():
        names = [way, *(f"{way}, DAgger {n + 1}" for n in range(rounds))]
        if any(map(wanted, names)):
            fit = partial(_fit, method, pretrained, seed)
            models, _ = dagger(fit, train, road, rounds, count, 1000 * (seed + 1))
            for name, model in zip(names, models, strict=True):
                if wanted(name):
                    yield name, model, test


def _fit(method, pretrained, seed, train):
    return method(pretrained, train, seed)


def rules(road, wanted):
    """Yield the drivers who learn nothing."""
    test = load_drives(driving.DRIVES / f"{road}.npz")
    for name, action in RULES.items():
        if wanted(name):
            yield name, always(action) if action else as_advised, test


def row(name, driver, test, labels, seed):
    """Return what a driver did, as a row of the CSV."""
    road = road_of(test)
    table = driving.tested(driver, road)
    agreed = driving.answers(driver, test) == test.labels
    found = {"road": road, "model": name, "labels": labels, "seed": seed}
    found |= {key: round(value, 4) for key, value in judged(table).items()}
    found["accuracy"] = round(float(agreed.mean()), 4)
    for action, share in driving.recalls(driver, test).items():
        found[f"recall {action}"] = round(share, 4)
    found["crashed"] = " ".join(map(str, table["seed"][table["crashed"]]))
    return found


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=[*JOBS])
    parser.add_argument("--minutes", type=float, help="stop after so many")
    parser.add_argument("--out", type=Path, default=CSV)
    arguments = parser.parse_args()
    rows = []
    if arguments.out.exists():
        rows = pd.read_csv(arguments.out, keep_default_na=False).to_dict("records")
    done = {(one["road"], one["model"], one["labels"], one["seed"]) for one in rows}
    plan = [(job, seed) for job in arguments.jobs for seed in range(arguments.seeds)]
    plan += [("dense-10", None), ("merge-2", None)]
    started = time.perf_counter()
    for job, seed in plan:
        road, labels = JOBS[job][:2]
        labels, number = (0, -1) if seed is None else (labels, seed)

        def wanted(name, at=(labels, number), road=road):
            return (road, name, *at) not in done

        one = (road, UNTOUCHED, number)  # the same however many drives others learn
        same = [r for r in rows if (r["road"], r["model"], r["seed"]) == one]
        if same and seed is not None and wanted(UNTOUCHED):
            rows.append({**same[0], "labels": labels})
            done.add((road, UNTOUCHED, labels, number))
        found = drivers(job, seed, wanted) if seed is not None else rules(road, wanted)
        for name, driver, test in found:
            rows.append(row(name, driver, test, labels, number))
            told = {k: rows[-1][k] for k in ("crash rate", "speed", "accuracy")}
            print(f"{road} {labels:3} drives, seed {number}: {name}", told, flush=True)
            table = pd.DataFrame(rows)
            table = table.sort_values(["road", "labels", "seed"], kind="stable")
            with write_file(arguments.out) as temporary:
                table.to_csv(temporary, index=False, lineterminator="\n")
            spent = (time.perf_counter() - started) / 60
            if arguments.minutes and spent > arguments.minutes:
                print("Not all is done, perhaps; the same command goes on.")
                return
    print(f"{len(rows)} drivers in {arguments.out}")


if __name__ == "__main__":
    main()
