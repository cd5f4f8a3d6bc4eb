"""Orders drawn by a program: an easy task beside the orders that people wrote.

    python benchmarks/drawn_orders.py --rows 64 --seed 0 > orders.tsv

Every order names one to three of twelve items, one to six of each, in one of many
frames; the answer lists them in the order in which they were said, as in
`data/instructions/orders_train.tsv`: `tea=2; cake=1`. Nobody changes his mind, counts
by heads or says "a couple", as people do: this shows what a form costs to learn, and
the written orders what understanding costs beside it.
"""

import argparse
import random

ITEMS = {
    "coffee": "coffees",
    "tea": "teas",
    "juice": "juices",
    "water": "waters",
    "beer": "beers",
    "soup": "soups",
    "salad": "salads",
    "pizza": "pizzas",
    "burger": "burgers",
    "sandwich": "sandwiches",
    "cake": "cakes",
    "cookie": "cookies",
}
NUMBERS = ["", "one", "two", "three", "four", "five", "six"]
FRAMES = [
    "{}, please.",
    "Hi, {}.",
    "Could we have {}?",
    "Could I get {}, please?",
    "I'd like {}.",
    "We'll take {}, thanks.",
    "Good evening, {} for the corner table.",
    "{} to go, please!",
    "Can you bring us {}?",
    "For me {}.",
    "Hello! We would like to order {}.",
    "Just {} today.",
    "Let's have {}.",
    "Add {} to our table, please.",
    "{}, and that is all.",
    "May we have {} when you have a minute?",
]


def draw(rows, seed=0, without=()):
    """Return `(orders, answers)`, two lists of `rows` str, no order twice.

    Args:
        rows: int.
        seed: int. Defaults to `0`.
        without: orders that shall not occur, those of the other part. Defaults to `()`.
    """
    chance, found = random.Random(seed), {}
    while len(found) < rows:
        items = chance.sample([*ITEMS], chance.randint(1, 3))
        counts = [chance.randint(1, 6) for _ in items]
        frame = chance.choice(FRAMES)
        order = frame.format(_listed([*map(_said, items, counts)]))
        order = order[0].upper() + order[1:]
        if order not in without:
            pairs = zip(items, counts, strict=True)
            found[order] = "; ".join(f"{item}={count}" for item, count in pairs)
    return [*found], [*found.values()]


def _said(item, count):
    if count > 1:
        return f"{NUMBERS[count]} {ITEMS[item]}"
    return f"a {item}"


def _listed(parts):
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def main():
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=64, help="default: 64")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    arguments = parser.parse_args()
    for pair in zip(*draw(arguments.rows, arguments.seed), strict=True):
        print("\t".join(pair))


if __name__ == "__main__":
    main()
