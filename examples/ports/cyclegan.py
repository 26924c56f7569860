"""CycleGAN (Zhu et al. 2017), as keras.io and TensorFlow show it: digits, and digits in white on black's negative.

Lines of game code: 112 in keras.io's examples/generative/cyclegan.py, 58 in TensorFlow's
tutorials/generative/cyclegan.ipynb; 5 here. keras.io's gives each generator half of the cycle, and neither has the pool
of earlier fakes; here they are as in the paper.

python examples/ports/cyclegan.py
"""

import kgan

SHAPE = (8, 8, 1)


def domains():
    digits = kgan.data.load("digits", resolution=8, batch_size=8)
    return digits.map(lambda images: {"a": images, "b": -images[::-1]})  # no two in a row belong together


def networks(width=2):
    generators = [kgan.networks.cyclegan_generator(SHAPE, width=width, blocks=0) for _ in "ab"]
    return *generators, *(kgan.networks.patch_discriminator(SHAPE, width=width, depth=1) for _ in "ab")


# The game.
def play(**fit):
    gan = kgan.CycleGAN(*networks(), image_shape=SHAPE)
    gan.compile()
    gan.fit(domains(), **fit)
    return gan


if __name__ == "__main__":
    play(epochs=5)
