"""Each schedule against its closed form, and the contract that all run through."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import schedules
from kgan.checks import InputError
from kgan.schedules import AdaptiveSteps, Cosine, Exponential, HalfLife, Linear, RateBalance, ResolutionSchedule, WarmUp

# a schedule and its closed form
FORMULAS = {
    "linear": (Linear(2.0, 1.0, 10), lambda t: 2 - min(t, 10) / 10),
    "cosine": (Cosine(2e-4, 5e-5, 20), lambda t: 5e-5 + 1.5e-4 * np.cos(np.pi * min(t, 20) / 40) ** 2),
    "exponential": (Exponential(1.0, 0.99, 5), lambda t: np.exp(t / 5 * np.log(0.99))),
    "exponential with a floor": (Exponential(3, 0.5, 5, least=0.5), lambda t: max(3 * 2 ** (-t / 5), 0.5)),
    "warm-up": (WarmUp(0.3, 4), lambda t: 0.3 * min(1, (t + 1) / 4)),
    "warm-up of a schedule": (WarmUp(Linear(1.0, 0.0, 10), 4), lambda t: min(1, (t + 1) / 4) * (1 - min(t, 10) / 10)),
    "half-life": (HalfLife(7), lambda t: 2 ** (-1 / 7)),
    "half-life 0": (HalfLife(0), lambda t: 0.0),
    "half-life with ramp-up": (HalfLife(2.0, ramp_up=0.05), lambda t: 2 ** (-1 / min(2, 0.05 * t)) if t else 0.0),
    "half-life of a schedule": (HalfLife(Linear(0, 10, 10)), lambda t: 2 ** (-1 / min(t, 10)) if t else 0.0),
}
STEPS = (0, 1, 3, 9, 10, 11, 30, 1000)
schedule = pytest.mark.parametrize("name", FORMULAS)


def test_every_schedule_is_listed_here():
    def below(cls):
        return {cls} | {d for c in cls.__subclasses__() for d in below(c)}

    ours = {cls for cls in below(schedules.Schedule) if cls.__module__ == schedules.__name__}
    assert {type(s) for s, _ in FORMULAS.values()} | {schedules.Schedule} == ours


@schedule
def test_values_are_the_formula(name):
    part, formula = FORMULAS[name]
    for step in STEPS:
        number = part(step)
        assert number.dtype == tf.float32 and number.shape == ()
        assert float(number) == pytest.approx(formula(step), rel=2e-6, abs=1e-12)


def test_the_same_of_an_int64_tensor_in_a_graph():
    values = tf.function(lambda step: [part(step) for part, _ in FORMULAS.values()], jit_compile=True)
    for step in STEPS:
        eager = [part(step) for part, _ in FORMULAS.values()]
        np.testing.assert_allclose(values(tf.constant(step, "int64")), eager, rtol=1e-6)


def test_round_trip():
    for part, _ in FORMULAS.values():
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(part))
        assert type(again) is type(part) and again == part


def test_is_a_learning_rate():
    for part, formula in FORMULAS.values():
        optimizer, weight = keras.optimizers.SGD(part), keras.Variable(0.0)
        for _ in range(3):
            optimizer.apply_gradients([(tf.constant(-1.0), weight)])
        assert float(weight) == pytest.approx(sum(formula(t) for t in range(3)), rel=1e-5, abs=1e-12)


def test_a_half_life_halves_the_memory():
    mean = 1.0
    for step in range(50):
        mean *= float(HalfLife(50)(step))
    assert mean == pytest.approx(0.5, rel=1e-5)


class Part:
    def __init__(self, a, b):
        self.a, self.b = a, b


def test_at_replaces_schedules_and_nothing_else():
    part = Part(Linear(0, 1, 4), [1])
    there = schedules.at(part, 1)
    assert type(there) is Part and float(there.a) == 0.25 and there.b is part.b
    assert isinstance(part.a, Linear)
    assert float(schedules.at(Part(keras.optimizers.schedules.ExponentialDecay(1.0, 1, 0.5), 0), 2).a) == 0.25


def test_at_gives_back_what_has_no_schedule():
    for part in (Part(1.0, None), print, lambda x: x, 3):
        assert schedules.at(part, 1) is part


def test_at_shares_the_variables_of_a_layer():
    class Layer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.rate = Linear(0, 1, 4)
            self.p = self.add_weight(name="p", initializer="zeros")

    layer = Layer()
    there = schedules.at(layer, 2)
    there.p.assign(0.5)
    assert float(there.rate) == 0.5 and there.p is layer.p and isinstance(layer.rate, Linear)


@pytest.mark.parametrize(
    ("name", "d_rate", "g_rate"), [("sagan", 4e-4, 1e-4), ("biggan", 2e-4, 5e-5), ("wgan_gp", 3e-4, 1e-4)]
)
def test_ttur(name, d_rate, g_rate):
    d, g = schedules.ttur(name)
    assert d is not g and float(d.learning_rate) == pytest.approx(d_rate) and d.beta_1 == 0.0
    assert float(g.learning_rate) == pytest.approx(g_rate)
    with pytest.raises(InputError, match="ttur: unknown name 'saga'; did you mean 'sagan'"):
        schedules.ttur("saga")


def test_adaptive_steps():
    steps = AdaptiveSteps().steps
    # 5 - 4 (r - 0.2) / 0.4, between 1 and 5
    for r_t, wanted in {-1: 5, 0.2: 5, 0.24: 5, 0.26: 4, 0.31: 4, 0.4: 3, 0.54: 2, 0.56: 1, 0.6: 1, 1.0: 1}.items():
        assert int(steps(r_t)) == wanted, r_t
    assert steps(tf.constant(0.4)).dtype == tf.int32
    assert int(AdaptiveSteps(least=2, most=2).steps(0.0)) == 2


def test_rate_balance():
    balance = RateBalance(target=0.4, gain=5.0, limit=4.0)
    for r_t in (-1.0, 0.3, 0.4, 0.5, 1.0):
        d, g = map(float, balance.factors(r_t))
        assert d == pytest.approx(np.clip(np.exp(-5 * (r_t - 0.4)), 0.25, 4), rel=1e-6)
        assert d * g == pytest.approx(1.0, rel=1e-6)


BAD = [
    (lambda: Linear(1, 0, 0), "rounds: wanted a whole number from 1 on, got 0"),
    (lambda: Cosine("a", 0, 5), "start: wanted a number, got 'a'"),
    (lambda: Exponential(1, 0, 5), "rate: wanted a number above 0, got 0"),
    (lambda: WarmUp(None, 5), "number: wanted a number, got None"),
    (lambda: HalfLife(-1), "rounds: wanted a number from 0 on, got -1"),
    (lambda: HalfLife(1, ramp_up=0), "ramp_up: wanted a number above 0, got 0"),
    (lambda: AdaptiveSteps(0), "least: wanted a whole number from 1 on, got 0"),
    (lambda: AdaptiveSteps(3, 2), "most: wanted a whole number from 3 on, got 2"),
    (lambda: AdaptiveSteps(low=0.5, high=0.5), "high: wanted a number above low, 0.5, got 0.5"),
    (lambda: AdaptiveSteps(low="a"), "low: wanted a number, got 'a'"),
    (lambda: AdaptiveSteps(high=float("nan")), "high: wanted a number, got nan"),
    (lambda: RateBalance(limit=0.5), "limit: wanted a number from 1 on, got 0.5"),
    (lambda: RateBalance(target=5), r"target: wanted a number in \[-1, 1\], got 5"),
    (lambda: ResolutionSchedule((4, 8, 12), 1, 1), r"resolutions: wanted each twice the one before, got \(4, 8, 12\)"),
    (lambda: ResolutionSchedule((), 1, 1), r"resolutions: wanted each twice the one before, got \(\)"),
    (lambda: ResolutionSchedule(4, 1, 1), "resolutions: wanted each twice the one before, got 4"),
    (lambda: ResolutionSchedule((0, 0), 1, 1), "resolutions: wanted a whole number from 1 on, got 0"),
    (lambda: ResolutionSchedule((4.5, 9), 1, 1), "resolutions: wanted a whole number from 1 on, got 4.5"),
]


def test_bad_input():
    for make, message in BAD:
        with pytest.raises(InputError, match=message):
            make()


def test_resolutions():
    schedule = ResolutionSchedule((4, 8, 16), stable=10, fade=5)
    wanted = {0: (0, 1.0), 9: (0, 1.0), 10: (1, 0.0), 12: (1, 0.4), 15: (1, 1.0), 24: (1, 1.0), 25: (2, 0.0)}
    wanted |= {29: (2, 0.8), 30: (2, 1.0), 1000: (2, 1.0)}
    compiled = tf.function(schedule, jit_compile=True)
    for step, (level, fade) in wanted.items():
        for got in (schedule(step), compiled(tf.constant(step, "int64"))):
            assert int(got[0]) == level and float(got[1]) == pytest.approx(fade, abs=1e-6), step
    assert [int(ResolutionSchedule((4,), 1, 1)(step)[0]) for step in (0, 1, 9)] == [0, 0, 0]
