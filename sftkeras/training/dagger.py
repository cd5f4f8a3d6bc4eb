"""DAgger: the student drives, the teacher says what he would have done (§6.8)."""

from sftkeras.data.drives import joined
from sftkeras.data.driving import demonstrations, drive
from sftkeras.models.driving import driver_of


def dagger(fit, examples, road, rounds=1, drives=10, first_seed=1000, on_round=None):
    """Return models that have seen their own mistakes mended (Ross et al. 2011).

    A cloned driver ends up in places where his teacher never was, and nobody has told
    him what to do there. So in each round he drives himself, the teacher names his own
    action for every second of it, those pairs join the others, and all are learned
    anew. Only the data change: any way of training will do.

    Args:
        fit: function of `Examples` that returns a `keras.Model`.
        examples: `Examples`, the demonstrations to begin with.
        road: as in `data.roads.make_road`.
        rounds: int. Defaults to `1`.
        drives: int, of the student a round. Defaults to `10`.
        first_seed: int, of the first drive's traffic; the next ones follow. Keep away
            from the seeds of the test. Defaults to `1000`.
        on_round: called with each model. Defaults to `None`.

    Returns:
        `(models, examples)`: the model before the first round and one after each, and
        all that the last one learned from.
    """
    models = [fit(examples)]
    for number in range(rounds):
        if on_round:
            on_round(models[-1])
        first = first_seed + number * drives
        student = driver_of(models[-1])
        driven = drive(road, range(first, first + drives), student, ask_teacher=True)
        examples = joined(examples, demonstrations(driven))
        models.append(fit(examples))
    if on_round:
        on_round(models[-1])
    return models, examples
