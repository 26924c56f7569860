"""A GAN in a workflow that you have: Keras's own callbacks, a History, and a tf.data pipeline of your own.

python examples/keras_workflow.py --logs=runs/keras; tensorboard --logdir=runs/keras
"""

import keras
import tensorflow as tf
from absl import app, flags

import kgan

FLAGS = flags.FLAGS
flags.DEFINE_string("logs", "runs/keras", "For TensorBoard.")
flags.DEFINE_integer("epochs", 10, "At most.")
flags.DEFINE_integer("width", 32, "Channels of the networks.")
flags.DEFINE_integer("examples", 1792, "How many digits to take.")


def main(argv):
    keras.utils.set_random_seed(0)
    digits = kgan.data.load("digits", resolution=16).take(FLAGS.examples).cache()
    train = digits.shuffle(2048, seed=0).batch(64, drop_remainder=True)  # any dataset of images in [-1, 1]
    held_out = kgan.data.load("digits", resolution=16, batch_size=64, seed=1).take(2)

    gan = kgan.LSGAN(
        kgan.networks.dcgan_generator((16, 16, 1), latent_dim=32, width=FLAGS.width),
        kgan.networks.dcgan_discriminator((16, 16, 1), width=FLAGS.width),
        latent_dim=32,
    )
    gan.compile(d_optimizer="adam", g_optimizer="adam")  # two optimizers: there is no model.optimizer

    def tell(epoch, logs):
        print(f"epoch {epoch + 1}: the discriminator tells them apart by {logs['d_real'] - logs['d_fake']:.3f}")

    history = gan.fit(
        train,
        epochs=FLAGS.epochs,
        validation_data=held_out,
        verbose=0,
        callbacks=[
            keras.callbacks.TensorBoard(FLAGS.logs, write_graph=False),
            keras.callbacks.LambdaCallback(on_epoch_end=tell),
            # A GAN's losses do not fall: stop when the discriminator wins, not when a loss no longer improves.
            keras.callbacks.EarlyStopping("val_g_loss", mode="min", patience=5, restore_best_weights=True),
        ],
    )
    print("epochs:", len(history.history["d_loss"]), "logs:", ", ".join(sorted(history.history)))
    images = gan.predict(tf.random.normal((4, 32)), verbose=0)
    print("images:", images.shape, f"in [{images.min():.2f}, {images.max():.2f}]")


if __name__ == "__main__":
    app.run(main)
