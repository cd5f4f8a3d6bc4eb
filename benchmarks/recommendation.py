"""Chapter 6.6's longer runs: a new group of users, and a new shop; three seeds.

    python benchmarks/recommendation.py group --language en   # a minute and a half
    python benchmarks/recommendation.py group --language zh
    python benchmarks/recommendation.py shop                  # two minutes

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
ENCODER = "e5-small"  # it reads both languages


def write(rows, path):
    """Write the rows as a CSV, and print the means."""
    with write_file(path) as temporary:
        rows.round(4).to_csv(temporary, index=False)
    print(running.summarize(rows, recommendation.METRIC))


def group(language, seeds):
    """Return the rows of the scenario: a new group of users."""
    examples = recommendation.load_examples(language=language)
    trial = running.compare(
        recommendation.SCENARIO,
        examples,
        seeds=seeds,
        on_trial=lambda rows: print(len(rows), "models", flush=True),
    )
    return trial.rows.drop(columns="seconds")


def shop(seeds):
    """Return the rows of moving from the English shop to the Chinese one."""
    here, there = (recommendation.load_examples(language=x) for x in ("en", "zh"))
    catalogue = there.shop.items, there.shop.titles
    users = there.shop.others
    later = Visits(users[len(users) // 2 :], shop=Shop(*catalogue, [], ("", "")))
    vectors = recommendation.title_vectors(there.shop.titles, ENCODER)
    rows = []
    for seed in range(seeds):
        elsewhere = recommendation.pretrained_model(here, seed, ENCODER)
        random = np.random.default_rng(seed)
        for budget in recommendation.SCENARIO.budgets:
            chosen = random.choice(len(users) // 2, budget, replace=False)
            known = [users[n] for n in chosen]
            popular = counts(known, len(vectors))
            moved = with_catalogue(elsewhere, catalogue[0], vectors, popular)
            fresh = recommender(catalogue[0], vectors, popular, seed=seed)
            train = Visits(known, shop=later.shop)
            methods = {"titles and counts, untrained": fresh}
            methods["from the other shop"] = moved
            for name, start in (("other shop", moved), ("titles", fresh)):
                model = copy_model(start)
                recommendation.learn(model, known, seed, **recommendation.SCRATCH)
                methods[f"trained here, from the {name}"] = model
            for name in ("popularity", "item-kNN, both groups", "EASE, both groups"):
                fitted = recommendation.METHODS[name](None, train, seed)
                methods[name.partition(",")[0]] = fitted
            for name, fitted in methods.items():
                run = {"model": name, "labels": budget, "seed": seed}
                rows.append({**run, **recommendation.measure(fitted, later)})
        print("seed", seed, flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("group", "shop"))
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    if given.what == "group":
        name = f"recommendation_{given.language}.csv"
        write(group(given.language, given.seeds), HERE / name)
    else:
        write(shop(given.seeds), HERE / "recommendation_shop.csv")
