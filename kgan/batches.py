"""What people train on, as batches of one form: tf.data, arrays and nests of them, `keras.utils.PyDataset`s.

A batch is what Keras takes: samples, (samples,) or (samples, given), where `given` is what goes with each sample,
its label say, and either may be a nest of tensors whose first axes are equally long.
"""

import dataclasses
import functools
import itertools
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan.checks import InputError, whole
from kgan.order import permutation

TOGETHER, BYTES = 64, 1 << 20  # so many batches of an array, and so large, are made at a time at most


def unpack(batch: Any) -> tuple[Any, Any]:
    """(samples, given) of a batch; None where nothing is given.

    Raises:
        InputError: for sample weights, or a tuple that Keras does not know.
    """
    parts = tuple(batch) if isinstance(batch, tuple | list) else (batch,)
    if len(parts) == 3 and parts[2] is not None:
        raise InputError(
            "data: a batch is (samples, labels, weights), and a game does not weigh samples; "
            "data.map(lambda x, y, w: (x, y)) leaves the weights out"
        )
    if not 1 <= len(parts) <= 3:
        raise InputError(f"data: a batch is a tuple of {len(parts)}; wanted samples, (samples,) or (samples, labels)")
    return parts[0], parts[1] if len(parts) > 1 else None


def check_keys(name: str, batch: Any) -> None:
    """Raises an `InputError` unless the keys of all dicts in a nest are names, which TensorFlow can put in order."""
    if isinstance(batch, dict):
        odd = [key for key in batch if not isinstance(key, str)]
        if odd:
            raise InputError(f"{name}: wanted names as the keys of a dict, got {odd[0]!r}")
    if isinstance(batch, dict | list | tuple):
        for part in batch.values() if isinstance(batch, dict) else batch:
            check_keys(name, part)


def batched(x: Any) -> bool:
    """Whether `x` is data in batches of its own, and no array."""
    return isinstance(x, tf.data.Dataset | keras.utils.PyDataset)


def rows(batch: Any) -> int | tf.Tensor:
    """How many samples a batch has: a number where it is known, in a graph maybe a scalar int32 tensor.

    Raises:
        InputError: if the tensors in the batch are known to differ in it, or have no rows.
    """
    leaves = tf.nest.flatten(batch)
    if not leaves:
        raise InputError(f"data: a batch holds nothing, it is {batch!r}")
    if any(leaf is None for leaf in leaves):
        raise InputError("data: a batch holds None; wanted tensors with a row a sample")
    shapes = [tf.TensorShape(leaf.shape) for leaf in leaves]
    if any(shape.rank == 0 for shape in shapes):
        raise InputError("data: a batch holds a scalar; wanted tensors with a row a sample, as batch() makes them")
    known = [shape[0] for shape in shapes if shape.rank and shape[0] is not None]
    if len(set(known)) > 1:
        raise InputError(f"data: the parts of a batch have {', '.join(map(str, known))} rows; wanted one a sample")
    return known[0] if known else tf.shape(leaves[0])[0]


@dataclasses.dataclass(frozen=True)
class Feed:
    """Batches numbered from 0, without end, all of one size.

    Attributes:
        first: batch number 0.
        an_epoch: how many batches an epoch has; None if that is not known.
        batches: number of a batch -> a dataset of the batches from it on, whatever was read before.
        own: the same for one of several workers, which then reads its replicas' rows only: given the number and a
            `tf.distribute.InputContext`, a dataset of a replica's rows at a time. None where all have to be read.
    """

    first: Any
    an_epoch: int | None
    batches: Callable[[int], tf.data.Dataset]
    own: Callable[[int, tf.distribute.InputContext], tf.data.Dataset] | None = None


def feed(x: Any, y: Any = None, batch_size: int | None = None, shuffle: bool = True, seed: int = 0) -> Feed:
    """The training data that a user hands to `fit`.

    Batches of another size than most are left out, with a warning at the first: draws are made for a whole batch and
    shared by the replicas, and a run is not to depend on how many there are.

    Args:
        x: a dataset of batches, of `kgan.data` or any other; an array or a nest of arrays of samples; a PyDataset.
        y: what goes with the samples of arrays.
        batch_size: of arrays, default 32; the others have batches of their own.
        shuffle: arrays are put in another order, and the batches of a PyDataset are, in each epoch. A dataset says
            itself whether it is.
        seed: of these orders.

    Raises:
        InputError: for data of another form, or that is empty.
    """
    if not isinstance(shuffle, bool):
        raise InputError(f"shuffle: wanted True or False, got {shuffle!r}")
    if batched(x):
        _alone(x, y, batch_size)
        if hasattr(x, "stream"):
            stream = x.stream
            own = lambda start, context: stream.of_worker(*_place(context)).batches(start)  # noqa: E731
            since = functools.lru_cache(maxsize=1)(stream.batches)  # most runs begin where the first look is taken
            return Feed(_first(since(0))[0], stream.batches_per_epoch, since, own)
        return _from_dataset(x) if isinstance(x, tf.data.Dataset) else _from_sequence(x, shuffle, seed)
    columns, size = _columns(x, y), 32 if batch_size is None else whole("batch_size", batch_size)
    count = rows(columns)
    if size > count:
        raise InputError(f"batch_size: {size} is more than the {count} samples")
    order, an_epoch = _order(count, shuffle, seed), count // size

    def batch(number: int) -> np.ndarray:
        epoch, place = divmod(number, an_epoch)
        return order(epoch)[place * size : (place + 1) * size]

    def several(start: int, number: int) -> Any:
        places = np.stack([batch(one) for one in range(start, start + number)])
        return tf.nest.map_structure(lambda column: column[places], columns)

    first = tf.nest.map_structure(lambda rows: tf.convert_to_tensor(rows[0]), several(0, 1))
    return Feed(first, an_epoch, lambda start: _together(several, start, first, an_epoch))


def _place(context: tf.distribute.InputContext) -> tuple[int, int, int]:
    """Which worker, of how many, and how many replicas all have."""
    return context.input_pipeline_id, context.num_input_pipelines, context.num_replicas_in_sync


def finite(name: str, x: Any, y: Any = None, batch_size: int | None = None) -> tf.data.Dataset:
    """The data that a user hands to `evaluate`, in its order and with the smaller batch at its end.

    Args:
        name: the argument's name, for messages.
        x, y, batch_size: as for `feed`.

    Raises:
        InputError: for data of another form, or an array that is empty; of a dataset, only reading it tells.
    """
    if batched(x):
        _alone(x, y, batch_size)
        if isinstance(x, tf.data.Dataset):
            return _options(_complete(x, lambda: _first(x, name=name)[0]))
        first = tf.nest.map_structure(tf.convert_to_tensor, _tuples(x[0]))
        return _numbered(lambda number: _tuples(x[number]), range(x.num_batches), first)
    columns, size = _columns(x, y, name), 32 if batch_size is None else whole("batch_size", batch_size)

    def batch(start: int) -> Any:
        return tf.nest.map_structure(lambda column: column[start : start + size], columns)

    first = tf.nest.map_structure(tf.convert_to_tensor, batch(0))
    return _numbered(batch, range(0, rows(columns), size), first)


def split(x: Any, y: Any, share: float) -> tuple[tuple, tuple]:
    """Arrays (x, y) as Keras's `validation_split` parts them: those to train on, and the last `share` of the rows.

    Raises:
        InputError: for data that is no array, or a share that leaves one side without rows.
    """
    if batched(x):
        raise InputError("validation_split: only arrays can be split; take() and skip() split a dataset")
    columns = _columns(x, y)
    count = rows(columns)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 1 <= int(count * (1 - share)) < count:
        raise InputError(f"validation_split: wanted a share of the {count} samples between 0 and 1, got {share!r}")
    at = int(count * (1.0 - share))
    parts = [tf.nest.map_structure(lambda column, part=part: column[part], columns) for part in _halves(at)]
    before, after = ((*part, None)[:2] for part in parts)
    return before, after


def _halves(at: int) -> tuple[slice, slice]:
    return slice(None, at), slice(at, None)


def _alone(x: Any, y: Any, batch_size: int | None) -> None:
    if y is not None:
        raise InputError(f"y: a {type(x).__name__} has its labels in its batches, (samples, labels); wanted None")
    if batch_size is not None:
        raise InputError(f"batch_size: a dataset has its own batches, got {batch_size!r} beside it")


def _columns(x: Any, y: Any, name: str = "x") -> tuple:
    check_keys(name, x), check_keys("y", y)
    columns = (_arrays(name, x),) if y is None else (_arrays(name, x), _arrays("y", y))
    if rows(columns) == 0:
        raise InputError(f"{name}: wanted at least one sample, got none")
    return columns


def _arrays(name: str, value: Any) -> Any:
    """`value` as a nest of NumPy arrays: what has a shape is an array, a list of numbers too."""
    if isinstance(value, dict):
        return {key: _arrays(name, part) for key, part in value.items()}
    if isinstance(value, list | tuple) and any(hasattr(leaf, "shape") for leaf in tf.nest.flatten(value)):
        return tuple(_arrays(name, part) for part in value)
    try:
        array = np.asarray(value)
    except ValueError:  # a ragged list
        array = np.asarray(None)
    if array.ndim == 0 or array.dtype == object:
        raise InputError(
            f"{name}: wanted a dataset of batches, an array of samples or a PyDataset, got a {type(value).__name__}"
        )
    return array


def _from_dataset(x: tf.data.Dataset) -> Feed:
    first = _first(x, 2)
    one_size = _of_size(max(rows(batch) for batch in first))
    sized = all(spec.shape.rank and spec.shape[0] is not None for spec in tf.nest.flatten(x.element_spec))
    length = int(x.cardinality())
    x = _complete(x, lambda: first[0])
    x = _options(x if sized else x.filter(one_size)).repeat()
    return Feed(first[0], length if length > 0 else None, lambda start: x.skip(start).prefetch(2))


def _from_sequence(x: keras.utils.PyDataset, shuffle: bool, seed: int) -> Feed:
    length = x.num_batches
    if length == 0:
        raise InputError("data: the dataset is empty")
    order = _order(length or 0, shuffle and length is not None, seed)

    def batch(number: int) -> Any:
        epoch, place = divmod(number, length) if length else (0, number)
        if epoch and place == 0:
            x.on_epoch_end()
        return _tuples(x[int(order(epoch)[place]) if length else place])

    first, fits = tf.nest.map_structure(tf.convert_to_tensor, batch(0)), _of_size(rows(_tuples(x[0])))
    return Feed(first, length, lambda start: _numbered(batch, itertools.count(start), first).filter(fits))


def _order(count: int, shuffle: bool, seed: int) -> Callable[[int], np.ndarray]:
    """Epoch -> the order of `count` things in it, a function of the seed and the epoch."""

    @functools.lru_cache(maxsize=2)
    def order(epoch: int) -> np.ndarray:
        return permutation(count, seed, tf.constant(epoch)).numpy() if shuffle else np.arange(count)

    return order


def _numbered(batch: Callable, numbers: Iterable, first: Any) -> tf.data.Dataset:
    """The dataset of `batch(number)` for all numbers; `first` is one of them, of whatever size."""
    spec = tf.nest.map_structure(lambda t: tf.TensorSpec((None, *t.shape[1:]), t.dtype), first)
    return _options(tf.data.Dataset.from_generator(lambda: map(batch, numbers), output_signature=spec)).prefetch(2)


def _together(several: Callable, start: int, first: Any, an_epoch: int) -> tf.data.Dataset:
    """The batches from `start` on, of `several(start, number)`, which has each as a row; `first` is one of them.

    tf.data asks Python for many at a time where they are small: each time costs as much as a quarter of a round of a
    small game. Not for more than an epoch has: each epoch's order has its cost too, and few may be wanted.
    """
    leaves = tf.nest.flatten(first)
    size = sum(leaf.dtype.size * leaf.shape.num_elements() for leaf in leaves)
    number = max(1, min(TOGETHER, BYTES // max(size, 1), an_epoch))

    @tf.autograph.experimental.do_not_convert
    def make(place: tf.Tensor) -> Any:
        flat = lambda place: tf.nest.flatten(several(place, number))  # noqa: E731
        made = tf.numpy_function(flat, [place], [leaf.dtype for leaf in leaves])
        made = [tf.ensure_shape(rows, (number, *leaf.shape)) for rows, leaf in zip(made, leaves, strict=True)]
        return tf.nest.pack_sequence_as(first, made)

    places = tf.data.Dataset.range(start, tf.int64.max, number)
    return _options(places.map(make).prefetch(1).unbatch()).prefetch(2)


def _tuples(batch: Any) -> Any:
    """`batch` with tuples for lists, which tf.data takes for tensors."""
    if isinstance(batch, dict):
        check_keys("data", batch)
        return {key: _tuples(part) for key, part in batch.items()}
    return tuple(map(_tuples, batch)) if isinstance(batch, tuple | list) else np.asarray(batch)


def _first(data: tf.data.Dataset, count: int = 1, name: str = "data") -> list:
    first = list(data.take(count))
    if not first:
        raise InputError(f"{name}: the dataset is empty")
    return first


def _complete(data: tf.data.Dataset, first: Callable[[], Any]) -> tf.data.Dataset:
    """`data` with the rank and the sizes of its `first()` batch where it does not know its own rank."""
    specs = tf.nest.flatten(data.element_spec)
    odd = next((spec for spec in specs if not isinstance(spec, tf.TensorSpec)), None)
    if odd is not None:
        raise InputError(f"data: wanted dense tensors, got a {type(odd).__name__.removesuffix('Spec')}")
    if all(spec.shape.rank is not None for spec in specs):
        return data
    shapes = [
        spec.shape if spec.shape.rank is not None else (None, *leaf.shape[1:])
        for spec, leaf in zip(specs, tf.nest.flatten(first()), strict=True)
    ]

    @tf.autograph.experimental.do_not_convert
    def known(*batch: Any) -> tuple:
        leaves = zip(tf.nest.flatten(batch), shapes, strict=True)
        return tf.nest.pack_sequence_as(batch, [tf.ensure_shape(leaf, shape) for leaf, shape in leaves])

    return data.map(known)


def _of_size(size: int) -> Callable:
    """A predicate of tf.data for the batches of this size, that tells once of others."""
    told = []

    def tell(other: np.ndarray) -> np.bool_:
        if not told:
            told.append(other)
            warnings.warn(
                f"data: a batch of {other} where others have {size} is left out of training, which is not to depend "
                "on the number of replicas; batch(..., drop_remainder=True) does the same without a word",
                stacklevel=2,
            )
        return np.bool_(False)

    @tf.autograph.experimental.do_not_convert
    def fits(*batch: Any) -> tf.Tensor:
        other = tf.shape(tf.nest.flatten(batch)[0])[0]
        return tf.cond(tf.equal(other, size), lambda: True, lambda: tf.numpy_function(tell, [other], tf.bool))

    return fits


def _options(data: tf.data.Dataset) -> tf.data.Dataset:
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread can keep fit waiting for seconds when it lets go of the iterator
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return data.with_options(options)
