"""A GAN on a table of numbers and categories, packed by ten, as CTGAN (Xu et al. 2019) has it.

The table is scikit-learn's diabetes data: 442 patients, their sex a category, the rest numbers. Not as in CTGAN: no
column is drawn to condition a sample on, which rare categories need; and five times its rate, for a tenth of its rows.

python examples/table_gan.py --out=patients.csv
"""

import csv

import keras
import numpy as np
from absl import app, flags
from sklearn.datasets import load_diabetes

import kgan

FLAGS = flags.FLAGS
flags.DEFINE_integer("epochs", 800, "How long to train.")
flags.DEFINE_integer("batch_size", 200, "Rows in a batch; ten make a pack.")
flags.DEFINE_integer("width", 128, "Of the networks; 256 in CTGAN.")
flags.DEFINE_string("out", "patients.csv", "Where the rows go that are made.")


def patients():
    """The table's columns by name."""
    data = load_diabetes(scaled=False)
    columns = dict(zip(data.feature_names, data.data.T, strict=True))
    return columns | {"sex": np.where(columns["sex"] == 1, "a", "b"), "progression": data.target}


def adam(**more):
    return keras.optimizers.AdamW(1e-3, beta_1=0.5, beta_2=0.9, **more)


def main(argv):
    keras.utils.set_random_seed(0)
    columns = patients()
    table = kgan.data.Table(columns)
    gan = kgan.PackedGAN(
        kgan.networks.table_generator(table.parts, width=FLAGS.width),
        kgan.networks.table_discriminator(10 * table.width, width=FLAGS.width),
        latent_dim=128,
        pack=10,
    )
    gan.compile(
        loss="wasserstein",
        penalties=["gradient_penalty(weight=10)"],
        d_optimizer=adam(weight_decay=0.0),
        g_optimizer=adam(weight_decay=1e-6),
        ema_decay=0.99,
    )
    gan.fit(table.encode(columns), batch_size=FLAGS.batch_size, epochs=FLAGS.epochs, verbose=0)
    made = table.decode(gan.sample(len(columns["age"])))
    with open(FLAGS.out, "w", newline="") as file:
        csv.writer(file).writerows([made, *zip(*made.values(), strict=True)])
    for name in ("age", "bmi", "progression"):
        print(f"{name}: mean {made[name].mean():.1f}, of the data {columns[name].mean():.1f}")


if __name__ == "__main__":
    app.run(main)
