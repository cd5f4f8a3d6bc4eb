"""Drives in the simulator: who drives, what he sees, what comes of it (§6.8)."""

import functools
from dataclasses import dataclass, field

import numpy as np

from sftkeras.data.examples import Examples
from sftkeras.data.roads import ACTIONS, make_road, observe, picture, teacher
from sftkeras.errors import InputError


@dataclass
class Drive:
    """One drive from a seed to its end, by a crash, the clock or the end of the road.

    Attributes:
        road: as in `roads.make_road`.
        seed: int, of the traffic.
        seen: list of S float32 `(8, 7)`, what the driver was told each second.
        taken: list of S ints, the actions that were driven.
        advised: list of S ints, what the teacher would have done; empty if not asked.
        speeds: list of S floats, m/s, a second after each action.
        rewards: list of S floats, the simulator's own.
        crashed: bool. Defaults to `False`.
        pictures: list of S + 1 uint8 `(150, 600, 3)`, before each action and at the
            end; empty if not asked.
    """

    road: str
    seed: int
    seen: list = field(default_factory=list)
    taken: list = field(default_factory=list)
    advised: list = field(default_factory=list)
    speeds: list = field(default_factory=list)
    rewards: list = field(default_factory=list)
    crashed: bool = False
    pictures: list = field(default_factory=list)


def drive(road, seeds, driver, ask_teacher=False, film=False, **config):
    """Let a driver drive from each seed, all at once, second by second.

    Args:
        road: as in `roads.make_road`.
        seeds: N ints, each another traffic; the same seed is the same traffic.
        driver: function of `(seen, worlds)`, float32 `(M, 8, 7)` and the M environments
            that are still driving, that returns M actions, 0 to 4: `always("IDLE")`,
            `as_advised`, `models.driving.driver_of(model)`.
        ask_teacher: bool. Each second's `advised` is asked for. Defaults to `False`.
        film: bool. `pictures` are taken. Defaults to `False`.
        config: as in `roads.make_road`.

    Returns:
        A list of N `Drive`.

    Raises:
        InputError: as in `roads.make_road`.
    """
    drives, worlds = [Drive(road, int(seed)) for seed in seeds], {}
    for number, one in enumerate(drives):
        worlds[number] = make_road(road, **config)
        worlds[number].reset(seed=one.seed)
    while worlds:
        under_way = list(worlds.values())
        seen = np.stack([observe(world) for world in under_way])
        actions = driver(seen, under_way)
        for number, view, action in zip([*worlds], seen, actions, strict=True):
            one, world = drives[number], worlds[number]
            if film:
                one.pictures.append(picture(world))
            if ask_teacher:
                one.advised.append(teacher(world))
            _, reward, ended, out_of_time, _ = world.step(int(action))
            one.seen.append(view)
            one.taken.append(int(action))
            one.speeds.append(float(world.vehicle.speed))
            one.rewards.append(float(reward))
            one.crashed = bool(world.vehicle.crashed)
            if ended or out_of_time:
                if film:
                    one.pictures.append(picture(world))
                del worlds[number]
    return drives


@functools.cache
def always(action):
    """Return a driver who takes one action whatever happens.

    Args:
        action: a name of `ACTIONS`.
    """
    if action not in ACTIONS:
        raise InputError(
            f"`action` must be one of {', '.join(ACTIONS)}. Received: {action!r}"
        )
    return lambda seen, worlds: [ACTIONS.index(action)] * len(worlds)


def as_advised(seen, worlds):
    """Do what the teacher advises: the teacher himself, as a driver."""
    return [teacher(world) for world in worlds]


def slipping(share=0.1, seed=0):
    """Return a driver who does what the teacher advises, or, by lot, anything else.

    Slips bring him to places where the teacher's own driving never would; there the
    teacher shows how to get out (Laskey et al. 2017).

    Args:
        share: float, of the actions drawn by lot. Defaults to `0.1`.
        seed: int, of that. Defaults to `0`.
    """
    random = np.random.default_rng(seed)

    def driver(seen, worlds):
        others = random.integers(len(ACTIONS), size=len(worlds))
        slips = random.random(len(worlds)) < share
        return np.where(slips, others, as_advised(seen, worlds))

    return driver


def demonstrations(drives):
    """Return what the teacher would have done at each second, as `Examples`.

    Args:
        drives: `Drive`s with `advised`.

    Returns:
        `Examples`: float32 `(N, 8, 7)`, N names of actions; road and seed, "dense 12",
        as groups.
    """
    seen = [view for one in drives for view in one.seen]
    advised = [ACTIONS[action] for one in drives for action in one.advised]
    names = [f"{one.road} {one.seed}" for one in drives for _ in one.seen]
    return Examples(np.array(seen, "float32"), np.array(advised), np.array(names))
