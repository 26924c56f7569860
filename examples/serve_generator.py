"""A generator from its training to a picture of what its server answers: export, client, grid (docs/serving.md)."""

import sys

import kgan

folder, server, picture = sys.argv[1:]  # saved_models/digits localhost:8500/digits digits.png

gan = kgan.GAN(
    kgan.networks.mlp_generator((8, 8, 1), latent_dim=16), kgan.networks.mlp_discriminator((8, 8, 1)), latent_dim=16
)
gan.compile(ema_decay=0.9)
gan.fit(kgan.data.load("digits", resolution=8, batch_size=64), steps_per_epoch=20, epochs=1, verbose=0)
print("exported to", kgan.export.save_generator(gan, folder))

with kgan.serving.Client(server) as client:  # which waits a little for the server to find the new version
    images = client.sample(64, seed=1, truncation=0.8)
kgan.pictures.write_png(picture, kgan.pictures.grid(images))
print("drawn by the server:", picture)
