"""Write keras_rs_measures.npz: what keras-rs says of drawn rankings, user by user.

    pip install keras-rs==0.4.0    # in an environment of its own, beside the pins
    python tests/evaluation/make_keras_rs_measures.py

30 users and 60 items, 1 to 25 of them relevant. Half of the users have small whole
numbers as scores, so that the tenth place falls among ties; those of the others differ,
and each of these has up to 20 items that are no candidates (keras-rs: `mask`).

keras-rs 0.4.0 breaks ties by lot whatever `shuffle_ties` says (its metrics always have
a mask, and where there is one it shuffles): the mean of 1,000 times is stored.
"""

from pathlib import Path

import keras_rs
import numpy as np

FILE = Path(__file__).with_name("keras_rs_measures.npz")
USERS, ITEMS, TIMES = 30, 60, 1000


def main():
    """Draw, measure, write."""
    random = np.random.default_rng(19)
    scores = random.integers(0, 4, (USERS, ITEMS)).astype("float32")
    half = USERS // 2
    for row in scores[half:]:
        row[:] = random.permutation(ITEMS)
    relevant = np.zeros((USERS, ITEMS), bool)
    excluded = np.zeros_like(relevant)
    for user in range(USERS):
        chosen = random.permutation(ITEMS)
        wanted = random.integers(1, 26)
        relevant[user, chosen[:wanted]] = True
        if user >= half:
            excluded[user, chosen[wanted : wanted + random.integers(21)]] = True
    kinds = {
        "recall": keras_rs.metrics.RecallAtK(k=10, seed=0),
        "ndcg": keras_rs.metrics.NDCG(k=10, seed=0),
    }
    found = {name: np.zeros(USERS) for name in kinds}
    for user in range(USERS):
        given, labels, mask = (
            np.repeat(table[[user]], TIMES, axis=0)
            for table in (scores, relevant.astype("float32"), ~excluded)
        )
        for name, metric in kinds.items():
            metric.reset_state()
            metric.update_state({"labels": labels, "mask": mask}, given)
            found[name][user] = float(metric.result())
    np.savez_compressed(
        FILE, scores=scores, relevant=relevant, excluded=excluded, **found
    )
    print({name: round(values.mean(), 4) for name, values in found.items()})


if __name__ == "__main__":
    main()
