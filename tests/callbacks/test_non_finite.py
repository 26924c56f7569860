"""NonFiniteGuard: a GAN that breaks is stopped, or goes back and goes on."""

import warnings

import keras
import numpy as np
import pytest

import kgan
from kgan.callbacks import Checkpoint, CSVLogger, NonFiniteGuard
from kgan.checks import InputError
from tests.callbacks import tiny


def fit(gan, callbacks, epochs=3):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = tiny.fit(gan, callbacks, epochs)
    return history, [str(w.message) for w in caught if "finite" in str(w.message)]


def rates(gan):
    return [float(optimizer.learning_rate) for optimizer in (gan.d_optimizer, gan.g_optimizer)]


def diverging(rate=1e4):
    """Plain Wasserstein players without any constraint: under a huge learning rate they grow until they overflow."""
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(
        kgan.networks.mlp_generator((2,), 2, 8, 2), kgan.networks.mlp_discriminator((2,), 8, 2), latent_dim=2
    )
    gan.compile(loss="wasserstein", d_optimizer=keras.optimizers.SGD(rate), g_optimizer=keras.optimizers.SGD(rate))
    return gan


class TestStop:
    def test_at_once_and_says_what_and_when(self):
        gan = diverging()
        history, said = fit(gan, [NonFiniteGuard()], epochs=20)
        step = int(gan.step.numpy())
        assert 1 < step < 80
        assert len(said) == 1 and said[0].endswith(
            f"not finite after step {step}: training stops; lower the learning rates"
        )
        assert "d_loss" in said[0]
        assert len(history.epoch) <= step // 4 + 1  # the last one ended in its middle, as under Keras

    def test_a_run_that_is_well_goes_on(self, gan):
        history, said = fit(gan, [NonFiniteGuard()])
        assert history.epoch == [0, 1, 2] and said == []

    def test_the_broken_end_is_not_saved(self, gan, tmp_path):
        _, said = fit(gan, [NonFiniteGuard(), Checkpoint(tmp_path), tiny.Before(5, tiny.poison)])
        assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-00000004"]
        assert int(gan.step.numpy()) == 6
        assert said[0].endswith("not finite after step 6: training stops; lower the learning rates")

    def test_a_skipped_float16_move_is_none(self, tmp_path):
        """The optimizer leaves such a move out and lowers its loss scale."""
        keras.config.set_dtype_policy("mixed_float16")
        gan = tiny.make()
        gan.d_optimizer.dynamic_scale.assign(2.0**40)
        history, said = fit(gan, [NonFiniteGuard(tmp_path, "rollback")], epochs=1)
        assert not np.isfinite(history.history["d_grad_norm"][0]) and said == []


class TestRollback:
    @pytest.mark.parametrize("guard_first", [True, False])
    @pytest.mark.parametrize("step", [6, 7])  # in the middle of an epoch, and where the next round is its last
    def test_ends_in_the_same_bits_as_if_nothing_had_happened(self, gan, start, tmp_path, step, guard_first):
        def callbacks(folder, *more):
            saves, guard = Checkpoint(folder, every_steps=2), NonFiniteGuard(folder, "rollback", factor=1.0)
            return [CSVLogger(folder), *more, *((guard, saves) if guard_first else (saves, guard))]

        fit(gan, callbacks(tmp_path / "whole"))
        whole = tiny.state(gan)
        tiny.reset(gan, start)
        poison = tiny.Before(step, tiny.poison)
        history, said = fit(gan, callbacks(tmp_path / "run", poison))
        back = [text for text in said if "back to" in text]
        assert len(back) == 1 and f"after step {step + 1}: back to step-00000006, learning rates times 1" in back[0]
        assert history.epoch == [0, 1, 2] and tiny.same(whole, tiny.state(gan))
        assert (tmp_path / "run" / "logs.csv").read_bytes() == (tmp_path / "whole" / "logs.csv").read_bytes()

    def test_slows_a_diverging_gan_down(self, tmp_path):
        gan = diverging(1e-3)
        gan.fit(tiny.points(), batch_size=8, epochs=1, verbose=0, callbacks=[Checkpoint(tmp_path)])
        faster = tiny.Before(6, lambda gan: [setattr(p.optimizer, "learning_rate", 1e5) for p in gan.game.players])
        history, said = fit(gan, [Checkpoint(tmp_path), NonFiniteGuard(tmp_path, "rollback", factor=1e-9), faster], 8)
        assert len(said) == 1 and "back to step-000000" in said[0]
        np.testing.assert_allclose(rates(gan), 1e-4, rtol=1e-6)
        assert history.epoch[-1] == 7 and np.isfinite(history.history["d_loss"][-1])

    def test_gives_up_after_its_retries(self, gan, tmp_path):
        always = tiny.Before(5, tiny.poison, times=9)
        guard = NonFiniteGuard(tmp_path, "rollback", factor=0.5, retries=2)
        before = rates(gan)
        _, said = fit(gan, [Checkpoint(tmp_path), guard, always])
        said = [text for text in said if "checkpoint:" not in text]
        assert ["back to step-00000004, learning rates times 0.5" in text for text in said] == [True, True, False]
        assert said[-1].endswith("after step 6: training stops (after 2 rollbacks); lower the learning rates")
        np.testing.assert_allclose(rates(gan), [rate * 0.5**2 for rate in before], rtol=1e-6)

    def test_without_a_checkpoint_it_stops(self, gan, tmp_path):
        _, said = fit(gan, [NonFiniteGuard(tmp_path, "rollback"), tiny.Before(1, tiny.poison)])
        assert said == [said[0]] and said[0].endswith(
            "after step 2: training stops (no checkpoint); lower the learning rates"
        )

    def test_a_schedule_is_refused_before_training(self, tmp_path):
        schedule = keras.optimizers.schedules.ExponentialDecay(1e-3, 10, 0.5)
        gan = tiny.make(g_optimizer=keras.optimizers.Adam(schedule))
        with pytest.raises(InputError, match=r"policy of NonFiniteGuard: 'rollback' .* player 'g' has a schedule"):
            tiny.fit(gan, [NonFiniteGuard(tmp_path, "rollback")])
        assert int(gan.step.numpy()) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"policy": "rolback"}, "policy: unknown name 'rolback'; did you mean 'rollback'?"),
        ({"policy": "rollback"}, "run_dir: the policy 'rollback' wants"),
        ({"factor": 0.0}, r"factor: wanted a number in \(0, 1\], got 0.0"),
        ({"factor": 2.0}, "factor: wanted"),
        ({"retries": -1}, "retries: wanted a whole number from 0 on, got -1"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        NonFiniteGuard(**arguments)
