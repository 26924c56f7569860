"""tensorflow-addons' optimizers as a player's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_addons as tfa

import kgan
from kgan.callbacks import Checkpoint
from kgan.checks import InputError
from kgan.game import Game, Player, Round

NAMES = [
    "RectifiedAdam(learning_rate=0.01)",
    "Lookahead(Adam(learning_rate=0.01), sync_period=2)",
    "MovingAverage('sgd')",
    "SWA(Adam(), start_averaging=1, average_period=2)",
    "LAMB()",
    "Yogi()",
    "AdaBelief()",
    "NovoGrad()",
]
POINTS = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")


def make(**settings):
    keras.utils.set_random_seed(0)
    networks = kgan.networks
    generator = networks.mlp_generator((2,), latent_dim=3, width=4)
    gan = kgan.GAN(generator, networks.mlp_discriminator((2,), width=4), latent_dim=3)
    gan.compile(**settings)
    return gan


def fit(gan, epochs, *callbacks):
    gan.fit(POINTS, batch_size=8, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return [v.numpy() for v in gan.state]


@pytest.mark.parametrize("name", NAMES)
def test_moves_the_player_and_resumes_to_the_bit(name, tmp_path):
    settings = {"g_optimizer": f"tfa:{name}", "ema_decay": None}
    gan = make(**settings)
    before = [v.numpy() for v in gan.generator.trainable_variables]
    state = fit(gan, 2)
    assert all(not np.array_equal(a, b) for a, b in zip(before, gan.generator.trainable_variables, strict=True))
    assert int(gan.g_optimizer.iterations) == 8 and all(np.isfinite(x).all() for x in state)
    fit(make(**settings), 1, Checkpoint(tmp_path))
    for kept, resumed in zip(state, fit(make(**settings), 2, Checkpoint(tmp_path)), strict=True):
        np.testing.assert_array_equal(kept, resumed)


def test_the_step_is_tensorflow_addons_own():
    gan, twin = (make(g_optimizer=optimizer, ema_decay=None) for optimizer in (tfa.optimizers.Yogi(0.1), None))
    player = gan.game.player("g")
    gradients = [tf.ones_like(v) * (1 + i) for i, v in enumerate(player.variables)]
    alone, others = tfa.optimizers.Yogi(0.1), twin.game.player("g").variables
    for _ in range(3):
        player.move(gradients)
        alone.apply_gradients(zip(gradients, others, strict=True))
    for a, b in zip(player.variables, others, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_rate_that_a_callback_sets_is_kept():
    gan = make(g_optimizer="tfa:RectifiedAdam(learning_rate=0.01)")
    gan.g_optimizer.learning_rate = 0.5
    assert any(v.shape == () and float(v) == 0.5 for v in gan.g_optimizer.variables)


def test_lookahead_around_a_single_player_is_the_rule():
    """`kgan.updates.Lookahead` of a game of one, and the optimizer of Zhang et al. 2019."""

    def play(optimizer, rule):
        w = keras.Variable([1.0, -2.0, 3.0])
        game = Game([Player("d", [w], optimizer, lambda round: (tf.reduce_sum([1.0, 2.0, 3.0] * w**4), {}))])
        optimizer.build([w]), rule.build(game)
        path = []
        for _ in range(7):
            rule(game, [Round()])
            path.append(w.numpy())
        return np.array(path)

    alone = kgan.updates.Alternating
    ours = play(keras.optimizers.SGD(0.001), kgan.updates.Lookahead(alone(), k=3, alpha=0.5))
    inner = keras.optimizers.legacy.SGD(0.001)
    theirs = play(tfa.optimizers.Lookahead(inner, sync_period=3, slow_step_size=0.5), alone())
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert abs(ours[2] - ours[1]).max() > 0.1  # it looks back


def test_bad_input():
    with pytest.raises(InputError, match=r"g_optimizer: .*'RectifiedAdm'.*RectifiedAdam"):
        make(g_optimizer="tfa:RectifiedAdm")
    with pytest.raises(InputError, match="Unrolled"):
        make(d_optimizer="tfa:Yogi", update=kgan.updates.Unrolled(1))
