"""Labels as people keep them: class numbers, in a column or not, or one-hot."""

import numpy as np

from kgan.checks import InputError


def class_numbers(what: str, labels: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """The class numbers (n,) of `size` labels, and how many classes there are.

    Args:
        what: names them in an error.
        labels: whole numbers from 0 on, (n,) or (n, 1), of as many classes as the largest and one; or one-hot, (n, K),
            of K classes.
        size: n.

    Raises:
        InputError: for anything else.
    """
    if labels.shape == (size,) or labels.shape == (size, 1):
        if not np.issubdtype(labels.dtype, np.integer):
            raise InputError(f"{what} has dtype {labels.dtype}; wanted integers")
        if labels.min() < 0:
            raise InputError(f"{what} has the label {labels.min()}; wanted 0 or more")
        if labels.max() >= np.iinfo(np.int32).max:
            raise InputError(f"{what} has the label {labels.max()}; wanted at most {np.iinfo(np.int32).max - 1}")
        return labels.reshape(-1), int(labels.max()) + 1
    if labels.ndim != 2 or len(labels) != size or labels.dtype.kind not in "buif":
        raise InputError(f"{what} has shape {labels.shape}; wanted ({size},), one label an example, or one-hot rows")
    if not (((labels == 0) | (labels == 1)).all() and (labels.sum(1) == 1).all()):
        raise InputError(f"{what} of shape {labels.shape} is not one-hot; wanted one 1 a row, and 0 elsewhere")
    return labels.argmax(1), labels.shape[1]
