"""Experiments as commands: a question, runs of the real code, a table, a picture and a page.

A study is a module here: with `run(folder)`, which plays a game whose answer is known, or with `STUDY`, a grid of runs
of `kgan train` (`kgan.studies.grid`). Both write README.md, NAME.csv and NAME.png into the folder.
"""

PLAYED = {
    "dirac": "which training methods of GANs converge, on the Dirac-GAN",
    "bilinear": "how fast each update rule converges on a bilinear game, per round and per gradient evaluation",
}
RUNS = {
    "stabilisation": "how a gradient penalty stabilises: the field's eigenvalues, with and without",
    "ensembles": "what ensembles buy against mode collapse, and what they cost",
    "capacity": "the discriminator's capacity against the quality of samples",
    "augmentation": "what augmentation does on few and on all data, and from where on it harms",
    "alternation": "which update rules beat alternating steps at equal gradient evaluations",
    "discriminators": "what several discriminators buy, by how the generator hears them",
    "rates": "for which learning rates four presets train at all",
}
STUDIES = PLAYED | RUNS
