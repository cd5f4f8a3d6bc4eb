"""Batches of so many tokens in place of so many texts (article §8.2).

Sixteen texts of 200 tokens are ten times the work, and the memory, of sixteen of 20.
Here a batch holds as many texts as fit into a number of tokens, padding included: many
short ones, or few long ones.
"""

import heapq

import numpy as np

from sftkeras.inputs.batches import Batches
from sftkeras.inputs.ragged import round_up

MOST_PADDING = 0.05  # share of all tokens of an epoch
_BLUR = 0.03  # of a length: more mixes the rows more, and pads more


class TokenPlan:
    """Which rows stand in which batch, in each epoch of a run.

    Every epoch has each row once, in as many batches, in another order and other
    company: rows of nearly one length, the batches shuffled. It hangs on the arguments
    only, so that interrupted training goes on as it would have gone.

    Where lengths are free, batches are split until padding is no more than 5 % of an
    epoch's tokens. Where they are rounded up to a few (XLA), a batch of each length has
    one size, what is left over goes up to the next length, and padding is what those
    lengths make it.

    Example:

    >>> plan = TokenPlan([3, 3, 3, 3, 10, 12], tokens=12, seed=0, epochs=2)
    >>> sorted(sorted(map(int, batch)) for batch in plan.draw(0))
    [[0, 1, 2, 3], [4], [5]]

    Args:
        lengths: ints `(N,)`, in tokens.
        tokens: int, of a batch at most; a longer row has a batch to itself.
        seed: int.
        epochs: int, of the run. Defaults to `1`.
        multiple: as in `Rows.take`. Defaults to `1`.

    Attributes:
        steps: int, batches of an epoch.
        rows: int, N.
    """

    def __init__(self, lengths, tokens, seed, epochs=1, multiple=1):
        self.lengths, self.tokens = np.asarray(lengths), int(tokens)
        self.seed, self.multiple = int(seed), multiple
        self.rows = len(self.lengths)
        self.padded = np.array([round_up(int(n), multiple) for n in self.lengths])
        self.steps = 0  # the blur makes some epochs a batch longer: as many for all
        self.steps = max(len(self.draw(epoch)) for epoch in range(epochs))

    def draw(self, epoch):
        """Return the batches of an epoch, counted from 0: a list of int arrays."""
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(self.rows)
        blurred = self.lengths * random.uniform(1 - _BLUR, 1 + _BLUR, self.rows)
        if self.multiple == 1:
            order = order[np.argsort(blurred[order], kind="stable")]
            batches = _split(self._fill(order), self.lengths, self.steps)
        else:
            batches = self._climb(order)
        return [batches[place] for place in random.permutation(len(batches))]

    def padding(self, epochs=1):
        """Return the share of padding in the tokens of the first epochs: a float."""
        cells = sum(
            len(batch) * int(self.padded[batch].max())
            for epoch in range(epochs)
            for batch in self.draw(epoch)
        )
        return 1 - epochs * int(self.lengths.sum()) / cells

    def _fill(self, order):
        """Cut an order of rows, short ones first, into batches that are full."""
        batches, start = [], 0
        while start < len(order):
            most = max(1, self.tokens // max(1, self.lengths[order[start]]))
            longest = np.maximum.accumulate(self.lengths[order[start : start + most]])
            full = longest * np.arange(1, len(longest) + 1) <= self.tokens
            size = max(1, int(np.count_nonzero(full)))
            batches.append(order[start : start + size])
            start += size
        return batches

    def _climb(self, order):
        """Put rows together by the length that they are padded to: few shapes."""
        batches, waiting, padded = [], order[:0], self.padded[order]
        for length in np.unique(padded):
            waiting = np.concatenate([waiting, order[padded == length]])
            size = max(1, self.tokens // int(length))
            full = len(waiting) - len(waiting) % size
            batches += np.split(waiting[:full], full // size) if full else []
            waiting = waiting[full:]
        return [*batches, waiting] if len(waiting) else batches


def _split(batches, lengths, least):
    """Split batches where it saves most, until padding is rare.

    Args:
        batches: list of int arrays.
        lengths: ints `(N,)`.
        least: int, how many there are to be at least, if there are so many rows.
    """
    cells = sum(len(batch) * int(lengths[batch].max()) for batch in batches)
    tokens, waiting = sum(int(lengths[batch].sum()) for batch in batches), []

    def weigh(batch):
        batch = batch[np.argsort(lengths[batch], kind="stable")]
        sizes = np.arange(1, len(batch))
        saved = sizes * (lengths[batch[-1]] - lengths[batch[:-1]])
        best = int(np.argmax(saved)) if len(saved) and saved.any() else len(sizes) // 2
        gain = int(saved[best]) if len(saved) else -1
        heapq.heappush(waiting, (-gain, -len(batch), len(done), best + 1))
        done.append(batch)

    done = []
    for batch in batches:
        weigh(batch)
    kept = set(range(len(done)))
    while cells - tokens > MOST_PADDING * cells or len(kept) < least:
        gain, _, number, best = heapq.heappop(waiting)
        if gain > 0:  # single rows are left
            break
        kept.remove(number)
        cells += gain
        for part in np.split(done[number], [best]):
            kept.add(len(done))
            weigh(part)
    return [done[number] for number in sorted(kept)]


class TokenBatches(Batches):
    """Batches for `model.fit`, as a `TokenPlan` has them.

    Args:
        rows: a `Rows`, with its targets and weights: those of the plan, whatever has
            been made of their inputs.
        plan: a `TokenPlan`.
    """

    def __init__(self, rows, plan):
        self.plan = plan
        super().__init__(rows, seed=plan.seed, multiple=plan.multiple)

    def __len__(self):
        return self.plan.steps

    def set_epoch(self, epoch):
        """Draw the batches of an epoch, counted from 0."""
        self.batches = self.plan.draw(epoch)

    def _multiple(self, where):
        return self.multiple
