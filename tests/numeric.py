"""Finite differences: the oracle for gradients."""

import numpy as np


def gradient(function, x, h=1e-6):
    """Central differences of a scalar `function` of a float64 array `x`; error about h^2 + 1e-16 / h."""
    x = np.array(x, "float64")
    result = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        keep = x[i]
        x[i] = keep + h
        above = function(x)
        x[i] = keep - h
        below = function(x)
        x[i] = keep
        result[i] = (above - below) / (2 * h)
    return result


def directional(function, variables, directions, h=1e-6):
    """The derivative of `function()` as Keras `variables` move along `directions` (arrays), by central differences."""
    start = [v.numpy() for v in variables]

    def at(t):
        for v, s, d in zip(variables, start, directions, strict=True):
            v.assign(s + t * d)
        return float(function())

    result = (at(h) - at(-h)) / (2 * h)
    at(0.0)
    return result
