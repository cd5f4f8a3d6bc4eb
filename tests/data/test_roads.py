"""The simulator: what a driver sees, what the teacher does, what is filmed (§6.8)."""

import sys

import numpy as np
import pytest

from sftkeras.data import driving, roads
from sftkeras.data.driving import always, as_advised, demonstrations, drive, slipping
from sftkeras.data.roads import ACTIONS, EGO, OTHER, make_road, observe, teacher
from sftkeras.errors import InputError


def world(road="dense", seed=3):
    made = make_road(road)
    made.reset(seed=seed)
    return made


def test_the_ego_row_holds_what_the_teacher_knows():
    one = world()
    ego, seen = one.vehicle, observe(one)
    told = dict(zip(EGO, seen[0].tolist(), strict=True))
    assert told["speed"] == pytest.approx(ego.speed / 30)
    assert told["target speed"] == pytest.approx(ego.target_speed / 30)
    assert told["lane to go"] == pytest.approx(0, abs=1e-6)
    lanes = {lane[2] for lane in one.road.network.side_lanes(ego.lane_index)}
    assert told["left"] == (ego.lane_index[2] - 1 in lanes)
    assert told["right"] == (ego.lane_index[2] + 1 in lanes)
    one.step(ACTIONS.index("SLOWER"))
    seen = dict(zip(EGO, observe(one)[0].tolist(), strict=True))
    assert seen["target speed"] < told["target speed"] and seen["speed to go"] < 0
    side = "LANE_LEFT" if told["left"] else "LANE_RIGHT"
    ego.act(side)
    seen = dict(zip(EGO, observe(one)[0].tolist(), strict=True))
    assert seen["lane to go"] == pytest.approx(-1 if told["left"] else 1, abs=0.1)


def test_the_nearest_are_seen_first_in_fixed_scales():
    one = world()
    seen = observe(one)
    ahead = seen[1:, OTHER.index("ahead")]
    assert (np.diff(np.abs(ahead)) >= 0).all() and (seen[1:, 0] == 1).all()
    distances = [v.position - one.vehicle.position for v in one.road.vehicles[1:]]
    nearest = min(distances, key=lambda place: abs(place[0]))
    assert ahead[0] == pytest.approx(nearest[0] / 100, abs=1e-6)
    assert seen[1, OTHER.index("aside")] == pytest.approx(nearest[1] / 16, abs=1e-6)
    one.road.vehicles[1:] = []
    assert not observe(one)[1:].any()


def test_the_end_of_a_ramp_is_seen_as_fixed():
    one = world("merge")
    obstacle = one.road.objects[0]
    obstacle.position = one.vehicle.position + np.array([3, 4])
    fixed = observe(one)[:, OTHER.index("fixed")]
    assert fixed[1] == 1 and not fixed[2:].any()


@pytest.mark.parametrize("road", ["highway", "dense", "merge"])
def test_the_teacher_arrives_where_idling_crashes(road):
    seeds = range(20_000, 20_008)
    safe, idle = (drive(road, seeds, who) for who in (as_advised, always("IDLE")))
    assert sum(one.crashed for one in safe) <= 1
    assert sum(one.crashed for one in idle) >= 4
    assert np.mean([np.mean(one.speeds) for one in safe]) > 14


def test_the_teacher_leaves_the_road_as_it_was():
    one = world()
    before = list(one.road.vehicles)
    teacher(one)
    assert [*map(id, one.road.vehicles)] == [*map(id, before)]


def test_the_same_seed_is_the_same_drive():
    first, again = (drive("dense", [7, 8, 9], always("IDLE")) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.crashed == other.crashed and one.speeds == other.speeds
        assert np.array_equal(one.seen, other.seen)
    alone = drive("dense", [8], always("IDLE"))[0]
    assert alone.speeds == first[1].speeds, "whoever else is under way"
    assert first[0].speeds != first[1].speeds


def test_slips_are_driven_and_the_advice_is_recorded():
    drives = drive("highway", [1, 2], slipping(0.5, seed=0), ask_teacher=True)
    taken, advised = (
        [action for one in drives for action in getattr(one, name)]
        for name in ("taken", "advised")
    )
    assert 0.2 < np.mean(np.array(taken) != advised) < 0.6
    examples = demonstrations(drives)
    assert examples.labels.tolist() == [ACTIONS[action] for action in advised]
    assert examples.inputs.shape == (len(taken), roads.SEEN, len(EGO))
    assert sorted(set(examples.groups)) == ["highway 1", "highway 2"]


@pytest.mark.parametrize("screen", [None, "dummy"])
def test_pictures_are_not_black(screen, monkeypatch):
    """With SDL_VIDEODRIVER=dummy the simulator by itself would draw nothing."""
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    if screen:
        monkeypatch.setenv("SDL_VIDEODRIVER", screen)
    film = drive("merge", [3], always("IDLE"), film=True)[0]
    assert len(film.pictures) == len(film.taken) + 1
    for one in (film.pictures[0], film.pictures[-1]):
        assert one.shape == (150, 600, 3) and one.dtype == np.uint8
        assert one.mean() > 50 and len(np.unique(one.reshape(-1, 3), axis=0)) > 5
    assert (film.pictures[0] != film.pictures[-1]).any()


def test_settings_of_the_simulator_can_be_changed():
    assert len(drive("dense", [1], always("SLOWER"), duration=3)[0].taken) == 3


def test_other_roads_of_the_simulator_are_driven():
    film = drive("exit-v1", [1], as_advised, duration=2, ask_teacher=True)[0]
    assert len(film.taken) == 2 and film.advised == film.taken


def test_an_unknown_road_and_an_unknown_action_are_refused():
    with pytest.raises(InputError, match=r"one of highway, dense, merge.*'motorway'"):
        make_road("motorway")
    with pytest.raises(InputError, match=r"one of highway.*'CartPole-v1'"):
        make_road("CartPole-v1")
    with pytest.raises(InputError, match=r"one of LANE_LEFT.*'BRAKE'"):
        driving.always("BRAKE")


def test_without_the_simulator_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "highway_env", None)
    with pytest.raises(InputError, match=r"pip install -r requirements\.txt") as caught:
        make_road("dense")
    assert "\n" not in str(caught.value)
