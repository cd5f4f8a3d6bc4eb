"""Batches of so many tokens: full, hardly padded, each row once, the same again."""

import keras
import numpy as np
import pytest

from sftkeras.inputs.batches import Batches
from sftkeras.inputs.ragged import Ragged
from sftkeras.inputs.rows import Rows
from sftkeras.inputs.shapes import choose_lengths
from sftkeras.inputs.token_batches import TokenBatches, TokenPlan

RANDOM = np.random.default_rng(0)
# A few hundred texts as people write them: most of 10 to 40 tokens, some of 200.
LENGTHS = np.clip(RANDOM.lognormal(3, 0.8, 400), 3, 256).astype(int)
LADDER = choose_lengths(LENGTHS, price=256, limit=256, fine=True)


def rows_of(lengths):
    """Rows whose first token is their number and one, with targets."""
    values = [np.full(length, row + 1) for row, length in enumerate(lengths)]
    return Rows(Ragged.from_rows(values), np.arange(len(lengths)) * 10)


def sorted_rows(batches):
    return sorted(np.concatenate(batches).tolist())


@pytest.mark.parametrize("multiple", [1, 16, LADDER])
@pytest.mark.parametrize("tokens", [1, 100, 512, 10**6])
def test_each_row_comes_once_an_epoch_and_batches_are_within_the_budget(
    tokens, multiple
):
    plan = TokenPlan(LENGTHS, tokens, seed=1, epochs=3, multiple=multiple)
    for epoch in range(3):
        batches = plan.draw(epoch)
        assert sorted_rows(batches) == list(range(400))
        assert len(batches) == plan.steps
        for batch in batches:
            assert len(batch) == 1 or len(batch) * plan.padded[batch].max() <= tokens


@pytest.mark.parametrize("tokens", [128, 512, 2048])
@pytest.mark.parametrize("count", [30, 400])
def test_at_most_a_twentieth_is_padding(tokens, count):
    for seed in range(3):
        plan = TokenPlan(LENGTHS[:count], tokens, seed, epochs=4)
        for epoch in range(4):
            cells = sum(len(b) * LENGTHS[b].max() for b in plan.draw(epoch))
            padding = 1 - LENGTHS[:count].sum() / cells
            assert 0 <= padding <= 0.05
        assert plan.padding() <= 0.05


def test_batches_are_as_full_as_they_can_be():
    plan = TokenPlan(LENGTHS, 512, seed=0)
    assert plan.steps <= 1.5 * LENGTHS.sum() / 512
    sizes = [len(batch) for batch in plan.draw(0)]
    assert max(sizes) > 30 and min(sizes) <= 5


def test_texts_of_one_length_make_the_batches_of_a_fixed_size():
    lengths = np.full(60, 8)
    plan = TokenPlan(lengths, 64, seed=3, epochs=4)
    plain = Batches(rows_of(lengths), 8, seed=3)
    for epoch in range(4):
        plain.set_epoch(epoch)
        drawn = plan.draw(epoch)
        assert [b.tolist() for b in drawn] == [b.tolist() for b in plain.batches]
    assert plan.padding(4) == 0


def test_order_and_company_are_new_each_epoch_and_hang_on_the_seed_only():
    def drawn(seed, epoch, multiple):
        plan = TokenPlan(LENGTHS, 512, seed, 4, multiple)
        return [frozenset(batch.tolist()) for batch in plan.draw(epoch)]

    for multiple in (1, LADDER):
        first = drawn(0, 0, multiple)
        assert drawn(0, 0, multiple) == first
        for other in (drawn(0, 1, multiple), drawn(1, 0, multiple)):
            assert len(set(first) & set(other)) < len(first) / 4
        longest = [max(LENGTHS[row] for row in batch) for batch in first]
        assert longest not in (sorted(longest), sorted(longest)[::-1])


def test_few_shapes_where_each_is_compiled():
    assert len(LADDER) > 2
    shapes = set()
    plan = TokenPlan(LENGTHS, 512, seed=0, epochs=5, multiple=LADDER)
    batches = TokenBatches(rows_of(LENGTHS), plan)
    for epoch in range(5):
        batches.set_epoch(epoch)
        shapes |= {batches[index][0].shape for index in range(len(batches))}
    assert len(shapes) <= len(LADDER) + 1  # one for what is left over
    assert {length for _, length in shapes} <= set(LADDER)
    # No more is padded than by batches of 16 with those lengths.
    plain, cells = Batches(rows_of(LENGTHS), 16, 0, LADDER), 0
    cells = sum(plain[index][0].size for index in range(len(plain)))
    assert plan.padding() < 1 - LENGTHS.sum() / cells


def test_fit_gets_the_batches_drawn_dense_or_ragged():
    rows = rows_of(LENGTHS)
    dense = Rows(np.arange(400.0)[:, None], rows.targets)  # what a frozen part made
    plan = TokenPlan(LENGTHS, 512, seed=0, epochs=2)
    for given in (rows, dense):
        batches = TokenBatches(given, plan)
        dataset = batches.for_fit()
        assert len(dataset) == len(batches) == plan.steps
        for epoch in range(2):
            batches.set_epoch(epoch)
            found = list(dataset.as_numpy_iterator())
            assert len(found) == plan.steps
            for (inputs, targets), where in zip(found, batches.batches, strict=True):
                expected = given.take(where)
                assert np.array_equal(inputs, keras.ops.convert_to_numpy(expected))
                assert np.array_equal(targets, where * 10)


def test_one_row_and_rows_of_very_different_lengths():
    assert [b.tolist() for b in TokenPlan([7], 4, seed=0).draw(0)] == [[0]]
    plan = TokenPlan([1, 1000], 5000, seed=0)
    assert plan.steps == 2  # together, half of it would be padding
