"""DAgger: who drives, who is asked, what is learned from (Ross et al. 2011)."""

import numpy as np

from sftkeras.data.driving import as_advised, demonstrations, drive
from sftkeras.data.roads import ACTIONS
from sftkeras.models.driving import create_driver
from sftkeras.training.dagger import dagger


def test_each_round_adds_the_students_own_places_with_the_teachers_answers():
    first = demonstrations(drive("merge", [1, 2], as_advised, ask_teacher=True))
    seen, models = [], []

    def fit(examples):
        seen.append(examples)
        model = create_driver((8, 7), ACTIONS)
        weights = model.get_weights()
        weights[-2:] = [np.zeros_like(weights[-2]), np.eye(5)[3] * 9]  # FASTER
        model.set_weights(weights)
        return model

    found, last = dagger(fit, first, "merge", 2, 3, 700, models.append)
    assert found == models and len(found) == 3
    assert [len(set(examples.groups)) for examples in seen] == [2, 5, 8]
    assert seen[-1] is last and set(last.groups) >= {"merge 700", "merge 705"}
    assert np.array_equal(last.inputs[: len(first)], first.inputs)
    added = last.take(np.isin(last.groups, [f"merge {n}" for n in range(700, 706)]))
    assert set(added.labels) != {"FASTER"}, "the teacher's, not the student's"
    speeds = [added.inputs[:, 0, 1].max(), first.inputs[:, 0, 1].max()]
    assert speeds[0] >= speeds[1] and added.inputs[:, 0, 3].min() > 0.8
