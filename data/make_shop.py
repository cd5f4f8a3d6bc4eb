"""Draw who bought what in an invented shop, and write data/shop/visits_LANGUAGE.csv.gz.

    python data/make_shop.py          # both languages, 3 seconds

The titles (data/shop/titles_LANGUAGE.tsv) were written one by one. The customers are
drawn: each has a persona, which says what goes with what across the topics of the shop,
and a taste of his own about it. An article is taken from a shelf by its popularity,
which falls by rank (Zipf) and drifts over two years; often the next one is from the
same shelf; nobody takes an article twice. Customers of the app, who come in the second
year, are other people: other personas, and in part other favourites.

NumPy does not promise the same draws in later versions, so what ships was made once.
"""

import csv
import datetime
import gzip
import io
from pathlib import Path

import numpy as np

SHOP = Path(__file__).resolve().parent / "shop"
SEEDS = {"en": 1, "zh": 2}
VISITS = 40  # of each customer
DAYS = 730
FIRST_DAY = datetime.date(2024, 1, 1)
GROUPS = {"web": (800, 0, 600), "app": (400, 365, 600)}  # users; arrive from day, to
STAY = 0.1  # the chance that the next article is from the same shelf
NOISE = 0.03  # the chance that it is from any shelf
ZIPF = 0.8
SHARP = 12  # the larger, the more like their personas the customers are
BESIDE = 0.05  # how much of a shelf's liking goes to the others of its topic

PERSONAS = {
    "web": {
        "parents": "baby feeding, nursery, toddler toys, lunch boxes, children's bikes",
        "hiker": "camping, hiking clothes, coffee gear, running, skincare",
        "home office": "computer, desk furniture, coffee to drink, audio, yoga",
        "gardener": "vegetables, garden tools, tea, puzzles, knitting",
        "renovator": "power tools, decorating, hand tools, coffee to drink, dogs",
        "crafter": "sewing, knitting, calligraphy, cats, bath",
        "player": "strategy games, computer, party games, audio, cooking",
        "racer": "road racing, strength, running, shaving and hair, lunch boxes",
        "family": "children's crafts, party games, beach and picnic, baking, "
        "children's bikes",
        "painter": "watercolour, house plants, tea, puzzles, mending and laundry",
    },
    "app": {
        "first flat": "desk furniture, computer, coffee to drink, cooking, "
        "mending and laundry",
        "quiet evening": "tea, knitting, puzzles, yoga, bath",
        "commuter": "commuting by bike, lunch boxes, strength, shaving and hair, audio",
        "tinkerer": "hand tools, power tools, decorating, aquarium and small pets, "
        "strategy games",
        "young father": "toddler toys, baby feeding, children's bikes, running, "
        "coffee gear",
        "weekend": "camping, hiking clothes, skincare, beach and picnic, garden tools",
    },
}


def read_titles(language):
    """Return (numbers, topics, shelves) of the articles of a language's shop."""
    text = (SHOP / f"titles_{language}.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=3))
    return [
        np.array([row[name] for row in rows]) for name in ("item", "topic", "shelf")
    ]


def draw_group(group, topics, shelves, favourites, random):
    """Return [(user, place of the article, day)] of all customers of a group."""
    names, first, of_item = np.unique(shelves, return_index=True, return_inverse=True)
    topics = topics[first]  # of the shelves
    kinds = [_shelf_shares(names, topics, s) for s in PERSONAS[group].values()]
    trend = random.normal(0, 1, len(shelves))  # in two years, in logarithms
    users, begin, end = GROUPS[group]
    rows = []
    for user in range(users):
        liked = kinds[random.integers(len(kinds))] * random.gamma(SHARP, 1, len(names))
        taste = (1 - NOISE) * liked / liked.sum() + NOISE / len(names)
        day, left, shelf = random.uniform(begin, end), np.ones(len(shelves)), None
        for _ in range(VISITS):
            if shelf is None or random.random() > STAY:
                shelf = random.choice(len(names), p=taste)
            if not left[of_item == shelf].any():
                shelf = random.choice(of_item[left > 0])
            chance = np.exp(favourites + trend * day / DAYS) * left
            chance *= of_item == shelf
            item = random.choice(len(shelves), p=chance / chance.sum())
            rows.append((f"{group}{user + 1:03d}", item, int(day)))
            left[item] = 0
            day = min(day + random.exponential(3), DAYS - 1)
    return rows


def _shelf_shares(names, topics, listed):
    """Return what a persona likes: some shelves, and a little their neighbours."""
    found = [names.tolist().index(shelf.strip()) for shelf in listed.split(",")]
    shares = BESIDE * np.isin(topics, topics[found])
    shares[found] = 1
    return shares


def zipf(shelves, random):
    """Return the logarithms of the articles' popularity, by a rank in their shelf."""
    ranks = np.zeros(len(shelves))
    for shelf in np.unique(shelves):
        inside = np.flatnonzero(shelves == shelf)
        ranks[inside] = random.permutation(len(inside)) + 1
    return -ZIPF * np.log(ranks)


def write_visits(path, language, seed):
    """Draw and write the visits of a language's shop, sorted by day."""
    random = np.random.default_rng(seed)
    numbers, topics, shelves = read_titles(language)
    common = zipf(shelves, random)
    rows = []
    for group in GROUPS:
        favourites = common if group == "web" else 0.5 * common + zipf(shelves, random)
        drawn = draw_group(group, topics, shelves, favourites, random)
        rows += [(user, item, day, group) for user, item, day in drawn]
    rows.sort(key=lambda row: row[2])  # stable: a customer's own order stays
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["user", "item", "time", "group"])
    for user, item, day, group in rows:
        date = FIRST_DAY + datetime.timedelta(day)
        table.writerow([user, numbers[item], date.isoformat(), group])
    content = gzip.compress(text.getvalue().encode(), mtime=0)
    path.write_bytes(content)
    print(f"{path.name}: {len(rows)} visits, {len(content) / 1000:.0f} kB")


if __name__ == "__main__":
    for language, seed in SEEDS.items():
        write_visits(SHOP / f"visits_{language}.csv.gz", language, seed)
