"""pix2pix (Isola et al. 2017), as TensorFlow shows it: digits from what is left of them at a quarter of the size.

Lines of game code: 35 in TensorFlow's tutorials/generative/pix2pix.ipynb; 5 here.

python examples/ports/pix2pix.py
"""

import tensorflow as tf

import kgan

SHAPE = (8, 8, 1)


def pairs():
    digits = kgan.data.load("digits", resolution=8, batch_size=8)
    return digits.map(lambda images: {"a": coarse(images), "b": images})


def coarse(images):
    return tf.repeat(tf.repeat(tf.nn.avg_pool2d(images, 2, 2, "VALID"), 2, 1), 2, 2)


def networks(width=4):
    generator = kgan.networks.unet_generator(SHAPE, channels=1, width=width, depth=2)
    return generator, kgan.networks.patch_discriminator(SHAPE, SHAPE, width=width, depth=1)


# The game.
def play(**fit):
    gan = kgan.Pix2Pix(*networks(), source_shape=SHAPE)
    gan.compile()
    gan.fit(pairs(), **fit)
    return gan


if __name__ == "__main__":
    play(epochs=5)
