"""Chapter 6.6's longer runs: a new group of users, and a new shop; three seeds.

    python benchmarks/recommendation.py group --language en   # a minute and a half
    python benchmarks/recommendation.py group --language zh
    python benchmarks/recommendation.py shop                  # two minutes

Each goes on where it stopped; after a change to the training code delete its CSV.

`group` runs the scenario's methods for each number of users (recommendation_en.csv,
recommendation_zh.csv). `shop` takes what a network learned in the English shop to the
Chinese one, both read by e5-small, whose titles are others and whose customers are of
the same personas (recommendation_shop.csv): recall@10 of the web's customers who came
last, after 10, 40 and 160 of those before them.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import sftkeras as sft  # noqa: E402
from sftkeras.files import write_file  # noqa: E402

keras = sft.machine.import_keras()

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from sftkeras.data.visits import Shop, Visits  # noqa: E402
from sftkeras.inputs.histories import counts  # noqa: E402
from sftkeras.models.copying import copy_model  # noqa: E402
from sftkeras.models.recommender import recommender, with_catalogue  # noqa: E402
from sftkeras.scenarios import recommendation, running  # noqa: E402

HERE = Path(__file__).resolve().parent
SEEDS = 3
ENCODER = "e5-small"  # it reads both languages


def group(language, known, keep):
    """Run the scenario, a trial for each seed and number of users: a new group."""
    examples = recommendation.load_examples(language=language)
    for seed in range(SEEDS):
        for budget in recommendation.SCENARIO.budgets:
            if (budget, seed) not in known:
                trial = running.run_trial(
                    recommendation.SCENARIO, examples, budget, seed
                )
                keep(trial.rows.drop(columns="seconds"))


def shop(known, keep):
    """Move from the English shop to the Chinese one, for each seed."""
    here, there = (recommendation.load_examples(language=x) for x in ("en", "zh"))
    items, users = there.shop.items, there.shop.others
    half = len(users) // 2
    later = Visits(users[half:], shop=Shop(items, there.shop.titles, [], ("", "")))
    vectors = recommendation.title_vectors(there.shop.titles, ENCODER)
    for seed in range(SEEDS):
        random = np.random.default_rng(seed)
        for budget in recommendation.SCENARIO.budgets:
            chosen = random.choice(half, budget, replace=False)
            if (budget, seed) in known:
                continue
            elsewhere = recommendation.pretrained_model(here, seed, ENCODER)
            train = Visits([users[n] for n in chosen], shop=later.shop)
            keep(moved(elsewhere, items, vectors, train, later, seed))


def moved(elsewhere, items, vectors, train, later, seed):
    """Return the rows of one draw of users of the new shop."""
    popular = counts(train.inputs, len(items))
    fresh = recommender(items, vectors, popular, seed=seed)
    brought = with_catalogue(elsewhere, items, vectors, popular)
    methods = {"titles and counts, untrained": fresh, "from the other shop": brought}
    for name, start in (("other shop", brought), ("titles", fresh)):
        model = methods[f"trained here, from the {name}"] = copy_model(start)
        recommendation.learn(model, train.inputs, seed, **recommendation.SCRATCH)
    for name in ("popularity", "item-kNN, both groups", "EASE, both groups"):
        fitted = recommendation.METHODS[name](None, train, seed)
        methods[name.partition(",")[0]] = fitted
    run = {"labels": len(train), "seed": seed}
    return pd.DataFrame(
        {"model": name, **run, **recommendation.measure(fitted, later)}
        for name, fitted in methods.items()
    )


def main():
    """Run what the CSV does not hold yet, and write it after each step."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("group", "shop"))
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    given = parser.parse_args()
    name = given.language if given.what == "group" else "shop"
    path = HERE / f"recommendation_{name}.csv"
    found = [pd.read_csv(path)] if path.exists() else []
    known = {
        (n, s)
        for rows in found
        for n, s in zip(rows["labels"], rows["seed"], strict=True)
    }

    def keep(rows):
        found.append(rows.round(4))
        with write_file(path) as temporary:
            pd.concat(found).to_csv(temporary, index=False)
        print(f"{len(found)} of {path.name}", flush=True)

    if given.what == "group":
        group(given.language, known, keep)
    else:
        shop(known, keep)
    print(running.summarize(pd.concat(found), recommendation.METRIC))


if __name__ == "__main__":
    main()
