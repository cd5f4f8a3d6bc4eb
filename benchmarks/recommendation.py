"""Chapter 6.6's longer runs: a new group, new titles, a new shop; three seeds.

    python benchmarks/recommendation.py group --language en   # a minute and a half
    python benchmarks/recommendation.py group --language zh
    python benchmarks/recommendation.py pairs --language en   # a minute
    python benchmarks/recommendation.py titles --language en  # half a minute
    python benchmarks/recommendation.py shop                  # two minutes

Each goes on where it stopped; after a change to the training code delete its CSV.

`group` runs the scenario's methods for each number of users (recommendation_en.csv,
recommendation_zh.csv). `pairs` says how sure the order of fine-tuning and training from
scratch is: the mean difference of their recall@10 by user, over the seeds, and the 95 %
interval if other users had come to the test (recommendation_pairs.csv). `titles` ranks
titles that stood in nobody's history (recommendation_titles.csv). `shop` takes what a
network learned in the English shop to the Chinese one, both read by e5-small, whose
titles are others and whose customers are of the same personas
(recommendation_shop.csv): recall@10 of the web's customers who came last, after 10, 40
and 160 of those before them.
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
from sftkeras.evaluation.ranking import (  # noqa: E402
    best_items,
    paired_difference,
    recalls,
)
from sftkeras.inputs.histories import counts  # noqa: E402
from sftkeras.models.copying import copy_model  # noqa: E402
from sftkeras.models.recommender import recommender, with_catalogue  # noqa: E402
from sftkeras.scenarios import new_titles, recommendation, running  # noqa: E402
from sftkeras.scenarios.from_histories import ASKED, SEEN  # noqa: E402

HERE = Path(__file__).resolve().parent
SEEDS = 3
ENCODER = "e5-small"  # it reads both languages
KNOWN = 10  # visits of a test user that are looked at, as in `METRIC`
PAIRS = [
    ("fine-tuned, all layers", "from scratch"),
    ("fine-tuned, all layers", "pretrained"),
    ("fine-tuned, items frozen", "pretrained"),
]


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


def pairs(language, known, keep):
    """Compare methods user by user, for each number of users of the new group."""
    examples = recommendation.load_examples(language=language)
    pool, test = (examples.take(rows) for rows in recommendation.split(examples, 0))
    for budget in recommendation.SCENARIO.budgets:
        if (budget, language) in known:
            continue
        found = {name: [] for pair in PAIRS for name in pair}
        for seed in range(SEEDS):
            train = running.draw(pool, budget, seed)
            pretrained = recommendation.pretrained_model(pool, seed)
            for name, users in found.items():
                fitted = recommendation.METHODS[name](pretrained, train, seed)
                users.append(by_user(fitted, test))
        rows = []
        for first, second in PAIRS:
            numbers = [np.mean(found[name], axis=0) for name in (first, second)]
            mean, low, high = paired_difference(*numbers)
            row = {"language": language, "labels": budget, "first": first}
            row |= {"second": second, "difference": mean, "low": low, "high": high}
            rows.append(row)
        keep(pd.DataFrame(rows))


def by_user(fitted, test):
    """Return the recall@10 of each test user."""
    known = [history[:KNOWN] for history in test.inputs]
    scores = recommendation.scores_of(fitted, known)
    best = best_items(scores, [history[:SEEN] for history in test.inputs])
    return recalls(best, [history[ASKED] for history in test.inputs])


def titles(language, known, keep):
    """Rank titles that nobody has taken yet, for each seed."""
    examples = recommendation.load_examples(language=language)
    for seed in range(SEEDS):
        if (language, seed) not in known:
            table = new_titles.new_titles(examples, seed)
            table.columns = [f"recall@10 of {count}" for count in table.columns]
            table = table.rename_axis("model").reset_index()
            table.insert(0, "language", language)
            table.insert(2, "seed", seed)
            keep(table)


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


# What runs, its file, and the columns that tell what the file holds already.
JOBS = {
    "group": (group, "recommendation_{language}.csv", ["labels", "seed"]),
    "pairs": (pairs, "recommendation_pairs.csv", ["labels", "language"]),
    "titles": (titles, "recommendation_titles.csv", ["language", "seed"]),
    "shop": (shop, "recommendation_shop.csv", ["labels", "seed"]),
}


def main():
    """Run what the CSV does not hold yet, and write it after each step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=JOBS)
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    given = parser.parse_args()
    run, name, columns = JOBS[given.what]
    path = HERE / name.format(language=given.language)
    found = [pd.read_csv(path)] if path.exists() else []
    known = {key for rows in found for key in zip(*map(rows.get, columns), strict=True)}

    def keep(rows):
        found.append(rows.round(4))
        with write_file(path) as temporary:
            pd.concat(found).to_csv(temporary, index=False)
        print(f"{len(found)} of {path.name}", flush=True)

    run(*([] if given.what == "shop" else [given.language]), known, keep)
    table = pd.concat(found)
    if recommendation.METRIC in table:
        table = running.summarize(table, recommendation.METRIC)
    print(table.to_string())


if __name__ == "__main__":
    main()
