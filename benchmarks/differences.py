"""R1 by finite differences beside R1 by gradients: its bias and spread for each step, its time, and how it trains.

    python benchmarks/differences.py [ROUNDS] [SEEDS] [ring] [digits]

First, at a critic that was trained on the digits for a little: the penalty over the exact one, mean and standard
deviation of one draw for a batch, by step and precision. Then each on the ring (modes covered, share of good samples)
and on the digits (a Fréchet distance of random projections), with the CPU seconds of a round, over all threads.
"""

import sys
import time

import keras
import numpy as np
import tensorflow as tf

import kgan
from kgan import metrics, penalties

STEPS = (0.001, 0.01, 0.1, 0.3)
DRAWS = 200
WAYS = ("none", "r1(gamma=1)", *(f"r1(gamma=1, differences={step})" for step in STEPS[1:]))
DIGITS = next(iter(kgan.data.load("digits", resolution=16, batch_size=1024).as_numpy_iterator()))


def networks(data: str, seed: int) -> kgan.GAN:
    """The game of a data set, with first weights of a seed."""
    keras.utils.set_random_seed(seed)
    if data == "ring":
        parts = kgan.networks.mlp_generator((2,), 2), kgan.networks.mlp_discriminator((2,)), 2
    else:
        shape = DIGITS.shape[1:]
        parts = kgan.networks.dcgan_generator(shape, 16, 16), kgan.networks.dcgan_discriminator(shape, 16), 16
    return kgan.GAN(*parts)


def bias() -> None:
    """Prints the mean and the spread of the penalty by differences, as parts of the exact one."""
    gan = networks("digits", 0)
    gan.compile(penalties=["r1(gamma=1)"])
    gan.fit(DIGITS, batch_size=64, epochs=10, verbose=0)
    x = tf.constant(DIGITS[:64])
    for policy in ("float64", "float32", "mixed_bfloat16", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        keras.config.set_floatx("float64" if policy == "float64" else "float32")
        critic = kgan.networks.dcgan_discriminator(DIGITS.shape[1:], 16)
        critic.set_weights(gan.discriminator.get_weights())
        real = tf.cast(x, keras.config.floatx())
        judge = lambda x, critic=critic: tf.cast(critic(x), keras.config.floatx())  # noqa: E731
        exact = float(tf.reduce_mean(penalties.squared_gradient_norms(judge, real)))
        for step in (*STEPS, 1.0):

            @tf.function
            def draw(number, judge=judge, real=real, step=step):
                squares = penalties.squared_slopes(judge, real, judge(real), step, kgan.random.key(number))
                return tf.reduce_mean(squares)

            values = np.array([float(draw(tf.constant(number))) for number in range(DRAWS)]) / exact
            error = values.std() / DRAWS**0.5
            print(f"{policy:15} h {step:<6} mean {values.mean():.3f} +- {error:.3f}  one draw +- {values.std():.2f}")
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")


def train(data: str, way: str, seed: int, rounds: int) -> str:
    """Trains, and says how well and in what time."""
    gan = networks(data, seed)
    adam = lambda: keras.optimizers.Adam(2e-4 if data == "digits" else 1e-3, beta_1=0.5)  # noqa: E731
    gan.compile(d_optimizer=adam(), g_optimizer=adam(), penalties=[] if way == "none" else [way], seed=seed)
    reals = kgan.data.load("ring", batch_size=256, seed=seed) if data == "ring" else DIGITS
    settings = {"verbose": 0} | ({} if data == "ring" else {"batch_size": 64})
    gan.fit(reals, epochs=1, steps_per_epoch=16, **settings)
    start = time.process_time()
    gan.fit(reals, epochs=2, initial_epoch=1, steps_per_epoch=rounds, **settings)
    seconds = 1000 * (time.process_time() - start) / rounds
    if data == "ring":
        found = metrics.mode_coverage(gan.sample(2500, seed=1), *kgan.data.modes("ring"))
        quality = f"modes {int(found['modes'])}  good {float(found['high_quality']):.2f}"
    else:
        see = lambda x: metrics.network("random_projection")(x)[0]  # noqa: E731
        quality = f"distance {float(metrics.frechet_distance(see(DIGITS), see(gan.sample(1024, seed=1)))):.3f}"
    return f"{quality}  CPU ms a round {seconds:.1f}"


def main(rounds: str = "3000", seeds: str = "3", *data: str) -> None:
    bias()
    for name in data or ("ring", "digits"):
        for seed in range(int(seeds)):
            for way in WAYS:
                print(f"{name:7} seed {seed}  {way:32} {train(name, way, seed, int(rounds))}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
