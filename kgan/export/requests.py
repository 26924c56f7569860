"""What a server is asked for, looked at inside the graph: a bad request is answered in words, and the server lives on.

Each check is an `Assert` in the graph. Its message is the answer's: "labels: wanted whole numbers in [0, 10), got 12".
A server that batches runs several callers' rows at once, and one bad row then fails them all: kgan's client looks at
what it is given before it sends it.
"""

import math
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from kgan import priors

SLACK = 1e-3  # beyond [-1, 1], for pictures that were rounded on their way
MOST_ROWS = 4096  # in one request
MOST_NUMBERS = 2**26  # in one answer: 256 MiB of float32
UNKNOWN = 256  # taken for a size that is not known


def most_rows(sample_shape: tuple) -> int:
    """How many samples one request may ask for: `MOST_ROWS`, or fewer where they are large."""
    numbers = math.prod(size or UNKNOWN for size in sample_shape)
    return max(1, min(MOST_ROWS, MOST_NUMBERS // numbers))


def checked(inputs: Mapping[str, tf.Tensor], laws: Mapping[str, Any], most: int) -> dict[str, tf.Tensor]:
    """The inputs of a signature, each with one row a sample, or an error in words.

    Args:
        inputs: by name. What is no law is one of `seeds...`, `truncation` and `position`.
        laws: priors and conditions, by name.
        most: rows that one request may have.
    """
    first, *others = inputs
    rows = tf.shape(inputs[first])[0]
    asserts = [wanted(rows <= most, f"{first}: wanted at most {most} rows in a request, got", rows)]
    for name in others:
        number = tf.shape(inputs[name])[0]
        asserts.append(wanted(tf.equal(number, rows), f"{name}: wanted as many rows as {first}, got", number))
    for name, value in inputs.items():
        asserts += _checks(name, value, laws.get(name))
    with tf.control_dependencies(asserts):
        return {name: tf.identity(value) for name, value in inputs.items()}


def finite(samples: tf.Tensor) -> tf.Tensor:
    """The samples, or an error: what is not finite never leaves. Strict JSON has no word for it."""
    right = tf.reduce_all(tf.math.is_finite(samples))
    with tf.control_dependencies([wanted(right, "images: the generator made numbers that are not finite")]):
        return tf.identity(samples)


def wanted(right: tf.Tensor, words: str, *got: tf.Tensor) -> tf.Operation:
    """An error of the words and what was got, unless it is right."""
    return tf.debugging.Assert(right, [tf.constant(words), *got], summarize=8)


def _checks(name: str, value: tf.Tensor, law: Any) -> list[tf.Operation]:
    if isinstance(law, priors.Labels | priors.Member):
        end = law.classes if isinstance(law, priors.Labels) else len(law.shares)
        right = tf.logical_and(value >= 0, value < end)
        return [_all(right, f"{name}: wanted whole numbers in [0, {end}), got", value)]
    if isinstance(law, priors.Pictures):
        return [_shaped(name, value, law), _all(tf.abs(value) <= 1.0 + SLACK, f"{name}: wanted [-1, 1], got", value)]
    if law is not None and not isinstance(law, priors.Truncation):
        return [_shaped(name, value, law), _all(tf.math.is_finite(value), f"{name}: wanted finite numbers, got", value)]
    if name in ("truncation", "position"):
        return [_all(tf.logical_and(value >= 0.0, value <= 1.0), f"{name}: wanted [0, 1], got", value)]
    return []  # any seed will do


def _shaped(name: str, value: tf.Tensor, law: Any) -> tf.Operation:
    # Behind this op TensorFlow's optimizer does not know the shape: it would take the check for always true.
    shape = tf.shape(tf.raw_ops.PlaceholderWithDefault(input=value, shape=[None] * (1 + len(law.shape))))[1:]
    right = [tf.equal(shape[i], size) for i, size in enumerate(law.shape) if size is not None]
    return wanted(tf.reduce_all(right or [True]), f"{name}: wanted rows of the shape {tuple(law.shape)}, got", shape)


def _all(right: tf.Tensor, words: str, value: tf.Tensor) -> tf.Operation:
    """`wanted`, of all numbers, with the first that are wrong."""
    return wanted(tf.reduce_all(right), words, tf.boolean_mask(value, tf.logical_not(right)))
