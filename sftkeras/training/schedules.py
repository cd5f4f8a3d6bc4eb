"""Learning rates over a run of training, made when its length is known (§3.4, §9.5)."""

import dataclasses
import math
import numbers

import keras

from sftkeras.errors import InputError


@dataclasses.dataclass(frozen=True)
class Schedule:
    """A learning rate as a function of the step, for a run of any length.

    Called with the number of steps, it returns what a Keras optimizer takes. `print`
    and backups know it by its settings.

    Args:
        peak: float, the highest rate.
        warmup: float in [0, 1), the share of the steps in which the rate rises.
        start: float, the first rate as a share of the peak.
        end: float, the last rate as a share of the peak.
    """

    peak: float
    warmup: float = 0.1
    start: float = 0.1
    end: float = 0.0

    def __post_init__(self):
        number = isinstance(self.peak, numbers.Real)
        if not number or not self.peak > 0 or not 0 <= self.warmup < 1:
            raise InputError(
                "A schedule needs a peak above 0 and a warmup from 0 to below 1. "
                f"Received: {self.peak!r}, {self.warmup!r}"
            )

    def __call__(self, steps):
        """Return a `keras.optimizers.schedules.LearningRateSchedule` of many steps."""
        rising = max(1, math.floor(steps * self.warmup)) if self.warmup else 0
        falling = max(1, steps - rising)
        if not rising:
            return keras.optimizers.schedules.CosineDecay(self.peak, falling, self.end)
        return keras.optimizers.schedules.CosineDecay(
            self.peak * self.start,
            falling,
            alpha=self.end,
            warmup_target=self.peak,
            warmup_steps=rising,
        )


def warmup_cosine(peak, warmup=0.1):
    """Return a schedule that rises to a peak and falls to zero: `fine_tune`'s own.

    Args:
        peak: float, the highest rate.
        warmup: float in [0, 1), the share of the steps in which it rises. Defaults to
            `0.1`.
    """
    return Schedule(peak, warmup)


def one_cycle(peak, warmup=0.25):
    """Return the learning rate of the one-cycle policy (Smith & Topin 2018).

    From a 25th of the peak up to it, then down to a 10,000th. (The policy also lowers
    the momentum while the rate is high; that is not done here.)

    Example:

    >>> rate = one_cycle(1e-3)(100)
    >>> [round(float(rate(step)), 6) for step in (0, 25, 100)]
    [4e-05, 0.001, 0.0]

    Args:
        peak: float, the highest rate.
        warmup: float in [0, 1), the share of the steps in which it rises. Defaults to
            `0.25`.
    """
    return Schedule(peak, warmup, start=1 / 25, end=1e-4)


def constant(rate):
    """Return a learning rate that stays as it is.

    Args:
        rate: float.
    """
    return _Constant(rate)


@dataclasses.dataclass(frozen=True)
class _Constant:
    rate: float

    def __post_init__(self):
        if not isinstance(self.rate, numbers.Real) or not self.rate > 0:
            raise InputError(f"The rate must be above 0. Received: {self.rate!r}")

    def __call__(self, steps):
        return self.rate
