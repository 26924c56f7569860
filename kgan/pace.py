"""How many rounds are played in one call of the compiled function."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras

LENGTH = 0.1  # seconds that a call is to last: much longer than it costs, and short for somebody who stops a run
HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end", "adapt")


class Fixed:
    """So many rounds at a time; they divide the epoch."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds

    def rounds(self, step: int, left: int) -> int:
        """As of `Pace`; where a call ended before its time, the next goes as far as that one would have."""
        return left % self._rounds or self._rounds

    def took(self, rounds: int, seconds: float) -> None:
        """As of `Pace`."""


class Pace:
    """As many rounds at a time as last about `LENGTH` seconds, and never past one at which somebody wants to look.

    Who does something between two rounds, a callback in Keras's hooks for batches or a game in `adapt`, says when by a
    method `next_round(step)`: at how many rounds of the run, more than the `step` that are done, it is to be called
    next; `math.inf` for never. Who does not say so is called between any two.

    What is played does not depend on the clock: a round is the same round wherever a call begins.

    Args:
        watchers: callbacks, and the game.
    """

    def __init__(self, watchers: Sequence[Any]) -> None:
        self._asked = [asked for asked in map(next_round, watchers) if asked is not None]
        self._rounds, self._timed = 1, False

    def rounds(self, step: int, left: int) -> int:
        """How many come next, when `step` are done in the run and `left` are left in the epoch."""
        event = min((asked(step) for asked in self._asked), default=math.inf)
        return int(max(1, min(self._rounds, left, event - step)))

    def took(self, rounds: int, seconds: float) -> None:
        """Learns from a call; not from the first, in which TensorFlow traces."""
        if self._timed:  # twice as many at most: a call may have been short by chance
            self._rounds = max(1, min(2 * self._rounds, int(LENGTH * rounds / max(seconds, 1e-9))))
        self._timed = True


def next_round(watcher: Any) -> Callable[[int], float] | None:
    """When somebody is to be called, from how many rounds are done; None for one that does nothing between rounds."""
    kinds = [kind for kind in type(watcher).__mro__ if kind is not keras.callbacks.Callback]
    names = [vars(watcher), *map(vars, kinds)]  # from the instance's own down to those of its oldest base

    def nearest(*wanted: str) -> int:
        return next((i for i, known in enumerate(names) if any(name in known for name in wanted)), len(names))

    if nearest(*HOOKS) == len(names) or type(watcher) is keras.callbacks.ProgbarLogger:
        return None
    if nearest("next_round") <= nearest(*HOOKS):  # and not of a base, which knows nothing of what was added to it
        return watcher.next_round
    return lambda step: step + 1
