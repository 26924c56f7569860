"""Networks that grow while they are trained: how a game goes from level to level."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from kgan.game import Logs
from kgan.networks.progressive import Growing
from kgan.schedules import ResolutionSchedule


class Levels:
    """What a game of networks that grow does at each round's beginning and end: a mixin before it.

    It reads `schedule` and `multiples`, which `compile` sets, and `sizes` and `image_shape`.
    """

    schedule: ResolutionSchedule
    multiples: Sequence[int]

    @property
    def growing(self) -> list[Growing]:
        """Both networks, and the generator's average."""
        return [self.generator, self.discriminator, *self.average_networks.values()]

    def reach(self) -> int:
        """Brings all networks to the level and fade of the round to come, and returns the level."""
        if not self.compiled:  # read from a file, where they stand at a level already
            return self.generator.level
        level, fade = self.schedule(int(self.step.numpy()))
        for network in self.growing:
            network.level = int(level)
            network.fade.assign(fade)
        self.sample_shape = (*self.sizes[int(level)], self.image_shape[2])
        return int(level)

    def adapt(self) -> None:
        super().adapt()
        level = self.reach()
        if level and int(self.step.numpy()) == self.schedule.begins(level):
            for player in self.game.players:
                bare = player.bare_optimizer
                for variable in bare.variables:
                    if variable is not bare.learning_rate:
                        variable.assign(tf.zeros_like(variable.value))

    def graph_key(self) -> Any:
        return self.reach(), super().graph_key()

    @property
    def rounds_needed(self) -> int:
        return super().rounds_needed * self.multiples[self.generator.level]

    def train_step(self, batches: Sequence) -> Logs:
        """As in `GameModel`, with the batches joined to those of the level; leaves the fade of the next round."""
        many = self.multiples[self.generator.level]
        joined = [_joined(batches[i : i + many]) for i in range(0, len(batches), many)]
        logs = super().train_step(joined)
        self.batches.assign_add(len(batches) - len(joined))
        _, fade = self.schedule(self.step.value)
        for network in self.growing:
            network.fade.assign(fade)
        return logs


def _joined(batches: Sequence) -> Any:
    return batches[0] if len(batches) == 1 else tf.nest.map_structure(lambda *rows: tf.concat(rows, 0), *batches)
