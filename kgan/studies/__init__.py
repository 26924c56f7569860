"""Experiments as commands: a question, runs of the real code, a table, a picture and a page.

A study is a module here with `run(folder)`, which writes README.md, NAME.csv and NAME.png into that folder.
"""

STUDIES = {
    "dirac": "which training methods of GANs converge, on the Dirac-GAN",
    "bilinear": "how fast each update rule converges on a bilinear game, per round and per gradient evaluation",
}
