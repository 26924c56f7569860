"""What every penalty keeps: gradients by finite differences through the real networks, a float32 scalar, no NaN."""

import dataclasses
import functools
import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import penalties, schedules
from kgan.checks import InputError
from tests import numeric
from tests.penalties import cases

WEIGHTS = ("weight", "gamma", "d_weight", "g_weight", "real_weight", "fake_weight", "continuous")
NUMBERS = (*WEIGHTS, "target", "noise", "radius", "decay")


def weights(penalty, names=WEIGHTS):
    return [name for name in inspect.signature(penalty).parameters if name in names]


def test_every_penalty_is_listed():
    assert {name.split("(")[0] for name in cases.PENALTIES} == set(penalties.PENALTIES)


def agrees_with_finite_differences(kind, name):
    """Of each player's term: along random directions, so that every weight takes part."""
    keras.config.set_floatx("float64")
    play, penalty, rng = cases.play(kind, name=name), cases.made(name), np.random.default_rng(1)
    for player in penalty.players:
        variables = cases.variables(player, play)
        result, gradients = cases.value_and_gradients(penalty, player, play)
        assert result.shape == () and abs(float(result)) > 1e-4
        for _ in range(2):
            directions = [rng.normal(size=v.shape) for v in variables]
            found = sum(float(tf.reduce_sum(g * d)) for g, d in zip(gradients, directions, strict=True))
            value = functools.partial(cases.term, penalty, player, play)
            expected = numeric.directional(value, variables, directions, h=1e-7)
            assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", cases.PENALTIES)
def test_gradient_agrees_with_finite_differences_in_float64(name):
    for kind in ("mlp", "dcgan"):
        agrees_with_finite_differences(kind, name)


# These critics take seconds a penalty: those that differentiate a network will do.
@pytest.mark.parametrize(
    ("kind", "name"),
    [("dcgan, spectral", name) for name in ("gradient_penalty", "r1_r2", "path_length", "feature_matching")]
    + [("sngan", "r1_r2")],
)
def test_gradient_agrees_with_finite_differences_through_other_networks(kind, name):
    agrees_with_finite_differences(kind, name)


@pytest.mark.parametrize("name", cases.PENALTIES)
def test_a_float32_scalar_the_same_eagerly_and_in_a_graph(name):
    play, penalty = cases.play(name=name), cases.made(name)
    xla = name in ("dragan", "r1_r2", "consistency", "lecam", "path_length")  # compiling takes seconds a penalty
    for player in penalty.players:
        eager, eager_gradients = cases.value_and_gradients(penalty, player, play)
        assert eager.shape == () and eager.dtype == "float32" and np.isfinite(eager)
        for jit_compile in (False, True) if xla else (False,):

            @tf.function(jit_compile=jit_compile, autograph=False)
            def compiled(step):
                return cases.value_and_gradients(penalty, player, dataclasses.replace(play, step=step))  # noqa: B023

            value, gradients = compiled(tf.constant(2000, "int64"))
            assert np.isfinite(value) and all(np.isfinite(g).all() for g in gradients)
            if jit_compile and name not in ("r1_r2", "lecam"):
                continue  # XLA has random numbers of its own
            assert float(value) == pytest.approx(float(eager), rel=1e-4)
            for g, e in zip(gradients, eager_gradients, strict=True):
                np.testing.assert_allclose(g, e, rtol=1e-3, atol=1e-4 * (1 + np.abs(e).max()))


@pytest.mark.parametrize("name", cases.PENALTIES)
def test_the_interface(name):
    play, penalty = cases.play(name=name), cases.made(name)
    terms = {player: cases.term(penalty, player, play) for player in ("d", "g")}
    assert {player for player, value in terms.items() if value is not None} == set(penalty.players)

    # penalty(discriminator, real, fake, seed) is the discriminator's term, or an error that says what it wants.
    try:
        value = penalty(play.judge, play.real, play.fake, play.seed)
    except InputError as error:
        assert "looks at more of the game" in str(error)
        assert name.split("(")[0] in (
            "latent_consistency",
            "orthogonal",
            "path_length",
            "feature_matching",
            "classification",
            "information",
        )
    else:
        assert float(value) == float(terms["d"])

    # What has been judged is not judged again.
    judged = []
    once = dataclasses.replace(play, judge=lambda x: judged.append(x) or play.judge(x))
    assert once.real_logits is once.drawn(play.seed).real_logits and once.fake_logits is once.fake_logits
    if "d" in penalty.players:
        assert float(penalty.discriminator_term(once)) == pytest.approx(float(terms["d"]))
        assert penalty.differentiates or sum(x is play.real for x in judged) == 1

    # `differentiates` says whether the critic needs a second-order gradient.
    taken = []

    @tf.custom_gradient
    def seen(x):
        return tf.identity(x), lambda upstream: taken.append(1) or upstream

    for player in penalty.players:
        cases.term(penalty, player, dataclasses.replace(play, judge=lambda x: play.judge(seen(x))))
    assert bool(taken) == penalty.differentiates

    # Networks that are flat give no NaN.
    for v in play.discriminator.variables + play.generator.variables:
        v.assign(tf.zeros(v.shape))
    for player in penalty.players:
        value, gradients = cases.value_and_gradients(penalty, player, play)
        assert np.isfinite(value) and all(np.isfinite(g).all() for g in gradients)


def test_weights_scale_the_term_and_may_be_schedules():
    plays = {name: cases.play(name=name) for name in ("", *cases.OWN_JUDGE)}
    for name, kind in penalties.PENALTIES.items():
        play = plays.get(name, plays[""])
        plain, arguments = cases.made(name), weights(kind)
        twice = {argument: schedules.Linear(0.0, 4.0 * getattr(plain, argument), 10) for argument in arguments}
        twice = schedules.at(cases.filled(kind(**twice)), tf.constant(5))
        nothing = cases.filled(kind(**dict.fromkeys(arguments, 0.0)))
        for player in plain.players:
            value = float(cases.term(plain, player, play))
            assert float(cases.term(twice, player, play)) == pytest.approx(2.0 * value, rel=1e-5), name
            assert float(cases.term(nothing, player, play)) == 0.0, name


@pytest.mark.parametrize("name", ["lecam", "path_length"])
def test_state_is_shared_with_the_copy_that_a_schedule_makes(name):
    penalty = penalties.PENALTIES[name](weight=schedules.Linear(1.0, 0.0, 10))
    copy = schedules.at(penalty, 4)
    assert copy is not penalty and float(copy.weight) == pytest.approx(0.6) and callable(penalty.weight)
    play = cases.play(training=True)
    cases.term(copy, penalty.players[0], play)
    assert float(penalty.variables[0]) != 0.0
    assert [id(v) for v in copy.variables] == [id(v) for v in penalty.variables]


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_float32_under_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    plays = {name: cases.play(spread=0.1, name=name) for name in ("", *cases.OWN_JUDGE)}
    for name in cases.PENALTIES:
        penalty, play = cases.made(name), plays.get(name.partition("(")[0], plays[""])
        for player in penalty.players:
            value, gradients = cases.value_and_gradients(penalty, player, play)
            assert value.dtype == "float32" and np.isfinite(value), name
            assert all(np.isfinite(g).all() for g in gradients), name


def test_lazy_interval_weighs_as_much_and_runs_every_kth_round():
    def gan(interval):
        keras.utils.set_random_seed(0)
        model = kgan.GAN(
            kgan.networks.mlp_generator((2,), 2, width=8), kgan.networks.mlp_discriminator((2,), width=8), 2
        )
        model.compile(penalties=[f"r1(gamma=1, interval={interval})"])
        return model

    real = tf.random.stateless_normal((16, 2), (0, 0))
    every, third = gan(1), gan(3)
    values = {}
    for name, model in (("every", every), ("third", third)):
        values[name] = [
            float(model.discriminator_objective(kgan.game.Round(real, step=step))[1]["r1"]) for step in range(6)
        ]
    assert values["third"] == pytest.approx([3 * values["every"][0], 0, 0] * 2)


def test_numbers_out_of_range():
    for name, kind in penalties.PENALTIES.items():
        assert weights(kind)
        for argument in weights(kind, NUMBERS):
            for value in ("'a'", "-1.0", "None", "(1, 2)"):
                with pytest.raises(InputError, match=f"^{argument}: wanted a number"):
                    penalties.get(f"{name}({argument}={value})")


def test_bad_input():
    with pytest.raises(InputError, match=r"penalties: unknown name 'r3'; did you mean 'r[12]'"):
        penalties.get("r3")
    with pytest.raises(InputError, match="interval: wanted a whole number from 1 on, got 0"):
        penalties.get("r1(interval=0)")
    with pytest.raises(InputError, match="unexpected keyword argument 'gama'"):
        penalties.get("r1(gama=1)")
    with pytest.raises(InputError, match=r"decay: wanted a number in \[0, 1\), got 1"):
        penalties.get("lecam(decay=1.0)")
    with pytest.raises(InputError, match=r"decay: wanted a number in \(0, 1\], got 2"):
        penalties.get("path_length(decay=2)")
    with pytest.raises(InputError, match="unknown name 'critic'"):
        penalties.get("orthogonal(network='critic')")
    with pytest.raises(InputError, match="transform: unknown name 'turn'"):
        penalties.get("consistency(transform='turn')")
