"""Roads of the simulator highway-env, what a driver sees there, a teacher (§6.8)."""

import math
import os

import numpy as np

from sftkeras.errors import InputError

# The simulator's own names, in its order: an action is a number from 0.
ACTIONS = ("LANE_LEFT", "IDLE", "LANE_RIGHT", "FASTER", "SLOWER")
CRUISE = 25.0  # m/s, what the teacher would drive on an empty road
_LANE = 4.0  # m, a lane's width
_SPEEDS = {"type": "DiscreteMetaAction", "target_speeds": [10, 15, 20, 25, 30]}
_COMMON = {
    "action": _SPEEDS,
    "simulation_frequency": 5,
    "policy_frequency": 1,
    # Of the simulator's own observation nothing is used; this is the cheapest.
    "observation": {"type": "AttributesObservation", "attributes": ["time"]},
}
_TRAFFIC = {**_COMMON, "duration": 20}
ROADS = {
    "highway": (
        "highway-fast-v0",
        {**_TRAFFIC, "lanes_count": 3, "vehicles_count": 12},
    ),
    "dense": (
        "highway-fast-v0",
        {**_TRAFFIC, "lanes_count": 4, "vehicles_count": 18, "vehicles_density": 2},
    ),
    "merge": ("merge-v1", _COMMON),
}
# Row 0 of what a driver sees is the ego vehicle, the others the seven nearest.
EGO = ("here", "speed", "speed to go", "target speed", "lane to go", "left", "right")
OTHER = ("here", "ahead", "aside", "faster", "drifts", "heading", "fixed")
SEEN = 8


def simulator():
    """Return the module `gymnasium`, with the scenarios of highway-env in it.

    Raises:
        InputError: highway-env is not installed.
    """
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        import gymnasium
        import highway_env  # noqa: F401 (registers its scenarios)
    except ImportError as error:
        raise InputError(
            "The simulator is not installed: pip install -r requirements.txt "
            f"(highway-env). ({error})"
        ) from error
    return gymnasium


def make_road(name, **config):
    """Return a simulator's environment, to be `reset(seed=…)` before each drive.

    Args:
        name: a name of `ROADS`, or the id of another scenario of highway-env that has
            the same five actions, `"exit-v1"`.
        config: settings of highway-env that replace ours.

    Raises:
        InputError: highway-env is not installed, or has no such scenario.
    """
    gymnasium = simulator()
    scenario, settings = ROADS.get(name, (name, _COMMON))
    try:
        made = gymnasium.make(
            scenario,
            config={**settings, **config},
            render_mode="rgb_array",
            disable_env_checker=True,
        )
    except (gymnasium.error.Error, TypeError) as error:
        raise InputError(
            f"`name` must be one of {', '.join(ROADS)}, or a scenario of highway-env. "
            f"Received: {name!r}"
        ) from error
    return made.unwrapped


def observe(world):
    """Return what a driver is told, float32 `(8, 7)`, about -1 to 1 each.

    Distances and speeds have fixed scales, the same on every road: 100 m ahead, 16 m
    aside, 20 m/s. The ego vehicle's row holds what the teacher knows of it too, its
    target speed and how far it is from the lane it wants. A driver who is not told
    that cannot learn when the teacher brakes.

    Args:
        world: an environment of `make_road`, under way.
    """
    ego, seen = world.vehicle, np.zeros((SEEN, len(EGO)), "float32")
    network, lane = world.road.network, ego.target_lane_index
    offset = network.get_lane(lane).local_coordinates(ego.position)[1]
    sides = [index[2] - ego.lane_index[2] for index in _reachable(ego)]
    to_go = (ego.target_speed - ego.speed) / 10
    seen[0] = (
        1, ego.speed / 30, to_go, ego.target_speed / 30, -offset / _LANE,
        -1 in sides, 1 in sides,
    )  # fmt: skip
    others = [*(v for v in world.road.vehicles if v is not ego), *world.road.objects]
    if not others:
        return seen
    places = np.array([other.position for other in others]) - ego.position
    moves = np.array([other.velocity for other in others]) - ego.velocity
    nearest = np.argsort(np.abs(places[:, 0]), kind="stable")[: SEEN - 1]
    for row, n in enumerate(nearest, 1):
        if abs(places[n, 0]) < 100:
            fixed = n >= len(others) - len(world.road.objects)
            seen[row] = (
                1, places[n, 0] / 100, places[n, 1] / 16, moves[n, 0] / 20,
                moves[n, 1] / 5, math.sin(others[n].heading), fixed,
            )  # fmt: skip
    return seen


def _reachable(vehicle):
    """Return the indexes of the lanes beside a vehicle that it can change to."""
    network = vehicle.road.network
    return [
        index
        for index in network.side_lanes(vehicle.lane_index)
        if network.get_lane(index).is_reachable_from(vehicle.position)
    ]


def teacher(world):
    """Return the action, 0 to 4, that a careful driver would take.

    He brakes and accelerates by the Intelligent Driver Model (Treiber et al. 2000),
    changes lanes by MOBIL (Kesting et al. 2007), in highway-env's own words; of the
    five actions he takes the one that comes nearest.

    Args:
        world: an environment of `make_road`, under way.
    """
    from highway_env.vehicle.behavior import IDMVehicle

    ego, road = world.vehicle, world.road
    twin = IDMVehicle.create_from(ego)
    twin.target_speed = CRUISE
    road.vehicles[road.vehicles.index(ego)] = twin  # lest the one see the other
    try:
        return ACTIONS.index(_advice(ego, twin))
    finally:
        road.vehicles[road.vehicles.index(twin)] = ego


def _advice(ego, twin):
    """Return what a vehicle that has the ego's place and aim would do."""
    here, aim = twin.lane_index, twin.target_lane_index
    if here == aim:
        gains = {lane: _pull(twin, lane) for lane in _reachable(twin)}
        lane = max(gains, key=gains.get, default=here)
        if lane != here and twin.mobil(lane):
            return "LANE_LEFT" if lane[2] < here[2] else "LANE_RIGHT"
    wanted = twin.speed + min(_pull(twin, lane) for lane in {here, aim})
    level, last = ego.speed_to_index(ego.speed), len(ego.target_speeds) - 1
    reached = {
        "IDLE": ego.target_speed,
        "FASTER": ego.target_speeds[min(level + 1, last)],
        "SLOWER": ego.target_speeds[max(level - 1, 0)],
    }
    return min(reached, key=lambda action: abs(reached[action] - wanted))


def _pull(twin, lane):
    """Return the acceleration, m/s², that a vehicle would choose on a lane."""
    front, _ = twin.road.neighbour_vehicles(twin, lane)
    return twin.acceleration(twin, front)


def picture(world):
    """Return what the simulator draws, uint8 `(150, 600, 3)`, without any screen.

    Args:
        world: an environment of `make_road`, under way. The ego vehicle is green, or
            red once it has crashed.
    """
    if world.viewer is None:
        world.viewer = _viewer(world)
    return np.array(world.render())


def _viewer(world):
    """Return what draws, made without looking for a screen."""
    from highway_env.envs.common.graphics import EnvViewer

    chosen = os.environ.get("SDL_VIDEODRIVER")
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        viewer = EnvViewer(world)
    finally:
        del os.environ["SDL_VIDEODRIVER"]
        if chosen is not None:
            os.environ["SDL_VIDEODRIVER"] = chosen
    viewer.enabled = True  # with "dummy" it would draw nothing: black, without a word
    return viewer
