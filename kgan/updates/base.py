"""What every update rule is."""

from collections.abc import Sequence

import keras

from kgan.game import Game, Logs, Round


class Update(keras.layers.Layer):
    """One round of play: `update.build(game)` once, then `update(game, rounds) -> logs`.

    `rounds` holds one `Round` for each move of the busiest player, each with a fresh real batch. A rule is a
    Keras layer for one reason: the variables it keeps (`add_weight`) are then tracked by the model, saved with
    it and mirrored on replicas. It runs under `tf.function`, so a loop over players is a Python loop.
    """

    def build(self, game: Game) -> None:
        """Creates the rule's own variables; once, before the first round."""

    def __call__(self, game: Game, rounds: Sequence[Round]) -> Logs:
        """Plays one round: moves every player.

        Returns:
            Scalars by name: what the objectives log, and `NAME_grad_norm`, the Euclidean norm of each player's
            gradient. A player of several moves logs their means.
        """
        raise NotImplementedError

    def rounds_needed(self, game: Game) -> int:
        """How many `Round`s (fresh real batches) one call takes: the moves of the busiest player."""
        return max(player.steps for player in game.players)
