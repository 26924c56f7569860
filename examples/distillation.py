"""A teacher's generator distilled into a smaller one (Aguinaldo et al. 2019), on the ring.

The student is fed the teacher's latents, wants to make the same of them, and plays against a discriminator that tells
its samples from the data.

python examples/distillation.py
"""

import keras
import tensorflow as tf
from absl import app, flags

import kgan

FLAGS = flags.FLAGS
flags.DEFINE_integer("epochs", 20, "How long to train each.")
flags.DEFINE_integer("steps_per_epoch", 300, "Rounds in an epoch.")
flags.DEFINE_float("weight", 1.0, "Of the distance from the teacher.")


class Student(kgan.GAN):
    """A `GAN` whose generator also minimises weight * E |G(z) - T(z)|; the teacher T does not learn."""

    def __init__(self, generator, discriminator, teacher, latent_dim, **kwargs):
        super().__init__(generator, discriminator, latent_dim, **kwargs)
        self.teacher = teacher

    def team_terms(self, role, round):
        if role == "d":
            return {}
        play = self.play(round)
        theirs = tf.stop_gradient(self.teacher(play.latents))
        return {"teacher": FLAGS.weight * tf.reduce_mean(tf.abs(play.fake - theirs))}


def trained(gan):
    gan.compile(penalties=["r1(gamma=1)"], ema_decay=0.99)
    ring = kgan.data.load("ring", batch_size=128)
    gan.fit(ring, epochs=FLAGS.epochs, steps_per_epoch=FLAGS.steps_per_epoch, verbose=0)
    return gan


def critic():
    return kgan.networks.mlp_discriminator((2,), width=64)


def main(argv):
    keras.utils.set_random_seed(0)
    small, large = (kgan.networks.mlp_generator((2,), latent_dim=2, width=width) for width in (16, 128))
    teacher = trained(kgan.GAN(large, critic(), latent_dim=2)).trained("g")
    student = trained(Student(small, critic(), teacher, latent_dim=2)).trained("g")
    latents = kgan.random.normal((2500, 2), kgan.random.key(1))
    apart = float(tf.reduce_mean(tf.abs(student(latents) - teacher(latents))))
    print(f"{student.count_params():,} parameters for {teacher.count_params():,}; |G(z) - T(z)|: {apart:.3f}")
    for name, network in (("teacher", teacher), ("student", student)):
        covered = kgan.metrics.mode_coverage(network(latents).numpy(), *kgan.data.modes("ring"))
        print(f"{name}: {covered['modes']} of 8 modes, {float(covered['high_quality']):.0%} good samples")


if __name__ == "__main__":
    app.run(main)
