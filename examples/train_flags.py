"""A training script with absl flags: data, two networks, compile, fit, export.

python examples/train_flags.py --run_dir=runs/hinge --learning_rate=1e-4 --epochs=20
"""

import keras
from absl import app, flags

import kgan

FLAGS = flags.FLAGS
flags.DEFINE_string("run_dir", "runs/example", "Where logs, pictures, checkpoints and the generator go.")
flags.DEFINE_string("dataset", "digits", "As kgan.data.load takes it.")
flags.DEFINE_integer("resolution", 28, "The side of the images.")
flags.DEFINE_integer("width", 32, "Channels of the networks.")
flags.DEFINE_float("learning_rate", 2e-4, "Of the generator; the discriminator's is twice that.")
flags.DEFINE_integer("epochs", 20, "Train up to this epoch.")
flags.DEFINE_integer("steps_per_epoch", None, "Rounds in an epoch; default: as many as the data has batches for.")
flags.DEFINE_integer("seed", 0, "Of everything.")


def main(argv):
    keras.utils.set_random_seed(FLAGS.seed)  # the first weights
    data = kgan.data.load(FLAGS.dataset, batch_size=64, resolution=FLAGS.resolution, seed=FLAGS.seed)
    shape = tuple(data.element_spec.shape[1:])
    gan = kgan.GAN(
        generator=kgan.networks.dcgan_generator(shape, latent_dim=64, width=FLAGS.width),
        discriminator=kgan.networks.dcgan_discriminator(shape, width=FLAGS.width, normalization="spectral"),
        latent_dim=64,
    )
    gan.compile(
        loss="hinge",
        d_optimizer=keras.optimizers.Adam(2 * FLAGS.learning_rate, beta_1=0.0),
        g_optimizer=keras.optimizers.Adam(FLAGS.learning_rate, beta_1=0.0),
        ema_decay=0.99,
        seed=FLAGS.seed,
    )
    gan.fit(
        data,
        epochs=FLAGS.epochs,
        steps_per_epoch=FLAGS.steps_per_epoch,
        verbose=2,
        callbacks=[
            kgan.callbacks.Checkpoint(FLAGS.run_dir),  # run the script again, and it goes on
            kgan.callbacks.NonFiniteGuard(),
            kgan.callbacks.CSVLogger(FLAGS.run_dir),
            kgan.callbacks.LossCurves(FLAGS.run_dir),
            kgan.callbacks.SampleGrid(FLAGS.run_dir),
        ],
    )
    print("exported to", kgan.export.save_generator(gan, f"{FLAGS.run_dir}/saved_model"))


if __name__ == "__main__":
    app.run(main)
