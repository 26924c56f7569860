"""Keras 2.15 with the face of Keras 3: the older stack, beside which tensorflow-addons runs.

kgan is written in the terms of Keras 3. Where Keras is 2.15 this folder gives it those that it lacks, as soon as it is
imported, and kgan branches nowhere: what is not here is the same in both. It touches private API of Keras 2.15 and
TensorFlow 2.15, which are final. Existing code of Keras 2 goes on as it is: names are added, and what is replaced takes
what it took before.
"""

from kgan.keras2 import layers, names, optimizers, progress, seeds, variables

for part in (variables, seeds, layers, optimizers, progress, names):
    part.give()
