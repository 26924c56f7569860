"""Keras 2.15 with the face of Keras 3: the older stack, beside which tensorflow-addons runs.

kgan is written in the terms of Keras 3. Where Keras is 2.15 this file gives it those that it lacks, as soon as it is
imported, and kgan branches nowhere: what is not here is the same in both. It touches private API of Keras 2.15 and
TensorFlow 2.15, which are final. Existing code of Keras 2 goes on as it is: names are added, and what is replaced takes
what it took before.
"""

import functools
import threading
import types
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras.src import backend
from keras.src.engine import base_layer
from keras.src.mixed_precision import policy
from keras.src.mixed_precision.autocast_variable import AutoCastVariable
from keras.src.mixed_precision.loss_scale_optimizer import LossScaleOptimizerV3
from keras.src.optimizers.optimizer import CallableList, _BaseOptimizer
from keras.src.utils import tf_utils
from tensorflow.python.distribute.values import DistributedVariable, SyncOnReadVariable
from tensorflow.python.ops.resource_variable_ops import BaseResourceVariable, ResourceVariable

Layer, Optimizer = keras.layers.Layer, keras.optimizers.Optimizer


# Variables. Keras 3 has its own, with `value` a property, `path`, `regularizer`; those of Keras 2 are TensorFlow's.


class _Kind(type):
    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, tf.Variable)


class Variable(metaclass=_Kind):
    """`keras.Variable`: a `tf.Variable`, made as Keras 3 makes its own."""

    def __new__(cls, initializer: Any, shape: Any = None, dtype: Any = None, trainable: bool = True, **kwargs: Any):
        dtype = dtype or getattr(initializer, "dtype", None) or backend.floatx()
        initial = initializer(shape, dtype) if callable(initializer) and shape is not None else initializer
        kwargs["aggregation"] = _aggregation(kwargs.get("aggregation"))
        kwargs.pop("autocast", None)
        with tf.init_scope():
            return tf.Variable(tf.cast(initial, dtype), trainable=trainable, **kwargs)


def _aggregation(value: Any) -> tf.VariableAggregation:
    """Keras 3 names them; TensorFlow has an enumeration."""
    return value if isinstance(value, tf.VariableAggregation) else tf.VariableAggregation[(value or "none").upper()]


class StatelessScope:
    """`keras.StatelessScope`: within it, variables of `state_mapping` read as these tensors, to which gradients flow.

    What is assigned is kept by the scope and dropped with it; `get_current_value` tells it. In Keras 3 its variables
    look for the scope. Here TensorFlow's do, as soon as they are read, assigned or handed to an operation.
    """

    _of_thread = threading.local()

    def __init__(self, state_mapping: Iterable = ()) -> None:
        self.values = {id(_component(variable)): tf.convert_to_tensor(value) for variable, value in state_mapping or ()}

    def __enter__(self) -> "StatelessScope":
        self.before, StatelessScope._of_thread.scope = StatelessScope.now(), self
        return self

    def __exit__(self, *error: Any) -> None:
        StatelessScope._of_thread.scope = self.before

    def get_current_value(self, variable: tf.Variable) -> tf.Tensor:
        """The variable's value as it stands at the scope's end."""
        return self.values.get(id(_component(variable)), variable)

    @classmethod
    def now(cls) -> "StatelessScope | None":
        """The innermost scope of this thread, or None."""
        return getattr(cls._of_thread, "scope", None)


def _component(variable: Any) -> Any:
    """The variable that holds the value: without automatic casts, and this replica's of a mirrored one."""
    variable = variable._variable if isinstance(variable, AutoCastVariable) else variable
    return variable._get() if isinstance(variable, DistributedVariable) else variable


def _stand_in(variable: Any) -> tf.Tensor | None:
    """What the variable reads as in a scope; None outside."""
    scope = StatelessScope.now()
    return None if scope is None else scope.values.get(id(_component(variable)))


def _scoped_reads(kind: type, name: str) -> None:
    """Makes a method of variables that reads them look at the scope first."""
    method = getattr(kind, name)

    @functools.wraps(method)
    def read(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN001
        value = _stand_in(self)
        if value is None or kwargs.get("as_ref"):
            return method(self, *args, **kwargs)
        picked = {"sparse_read": tf.gather, "gather_nd": tf.gather_nd}.get(name)
        return picked(value, args[0] if args else kwargs["indices"]) if picked else value

    setattr(kind, name, read)


def _scoped_assigns(kind: type, name: str) -> None:
    """Makes a method of variables that assigns them hand the value to the scope, in one."""
    method, sign = getattr(kind, name), {"assign": 0, "assign_add": 1, "assign_sub": -1}[name]

    @functools.wraps(method)
    def assign(self, value: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN001
        scope = StatelessScope.now()
        if scope is None:
            return method(self, value, *args, **kwargs)
        component = _component(self)
        value = tf.cast(value, component.dtype)
        if sign:
            value = tf.convert_to_tensor(component) + sign * value
        scope.values[id(component)] = value
        return value

    setattr(kind, name, assign)


def _value_as_property(kind: type) -> None:
    """`variable.value` is the variable, or what stands for it in a scope; TensorFlow's `variable.value()` reads it."""
    read = kind.__dict__["value"]

    def value(self) -> Any:  # noqa: ANN001
        tensor = _stand_in(self)
        if tensor is None:
            return self
        return tf.cast(tensor, self._cast_dtype) if isinstance(self, AutoCastVariable) else tensor

    def call(self, name: str | None = None, **kwargs: Any) -> Any:  # noqa: ANN001
        # What can be called, TensorFlow's savers take for a maker of savers by name; optimizers for an initializer.
        return read(self) if name is None else self

    kind.value, kind.__call__ = property(value), call  # type: ignore[method-assign]


def _operators_read() -> None:
    """Arithmetic of variables reads them by conversion: TensorFlow's goes by `value()`, which a scope has not."""
    for name in sorted(tf.Tensor.OVERLOADABLE_OPERATORS - {"__eq__", "__ne__"}):
        operator = getattr(tf.Tensor, name)
        run = lambda a, *args, _of=operator, **kwargs: _of(tf.convert_to_tensor(a), *args, **kwargs)  # noqa: E731
        setattr(tf.Variable, name, functools.update_wrapper(run, operator))


def _quick_handle(self) -> Any:  # noqa: ANN001
    # TensorFlow's quick way reads a variable by this attribute, past all Python, unless it has none.
    return self.__dict__["_handle"] if _stand_in(self) is None else None


def _variables() -> None:
    for kind in (BaseResourceVariable, DistributedVariable, SyncOnReadVariable, AutoCastVariable):
        _value_as_property(kind)
    for name in ("_dense_var_to_tensor", "read_value", "sparse_read", "gather_nd"):
        _scoped_reads(BaseResourceVariable, name)
    for name in ("assign", "assign_add", "assign_sub"):
        for kind in (BaseResourceVariable, ResourceVariable, DistributedVariable):
            if name in kind.__dict__:
                _scoped_assigns(kind, name)
    _operators_read()
    keep = lambda self, handle: self.__dict__.update(_handle=handle)  # noqa: E731
    BaseResourceVariable._handle = property(_quick_handle, keep)
    BaseResourceVariable.handle = property(lambda self: self.__dict__["_handle"])
    # Keras 3 tells where a variable is by its path, and keeps its regularizer with it.
    tf.Variable.path = property(lambda self: self.name.removesuffix(":0"))
    tf.Variable.regularizer = None
    AutoCastVariable.regularizer = property(lambda self: self._variable.regularizer)


# Layers and models.


def _add_weight(keras2s: Any) -> Any:
    """`Layer.add_weight` that knows `autocast`, the names of aggregations, and leaves the variable its regularizer."""

    @functools.wraps(keras2s)
    def add_weight(
        self,  # noqa: ANN001
        *args: Any,
        autocast: bool = True,
        aggregation: Any = "none",
        regularizer: Any = None,
        **kwargs: Any,
    ) -> tf.Variable:
        settings = {"experimental_autocast": autocast, "aggregation": _aggregation(aggregation), **kwargs}
        if args and not (args[0] is None or isinstance(args[0], str)):  # Keras 3's first argument is the shape
            args, settings["shape"] = args[1:], args[0]
        regularizer = keras.regularizers.get(regularizer)
        variable = keras2s(self, *args, regularizer=regularizer, **settings)
        if regularizer is not None:
            _component(variable).regularizer = regularizer
        return variable

    return add_weight


class SeedGenerator(tf.__internal__.tracking.AutoTrackable):
    """`keras.random.SeedGenerator`: a seed and a counter in a variable, from which each draw takes the next seed.

    As in Keras 3 the state is one of the `variables` of the layer that has the generator, and none of its weights.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        start = [tf_utils.get_random_seed() if seed is None else seed, 0]
        self.state = Variable(start, dtype="int64", trainable=False, name="seed_generator_state")

    def next(self) -> tf.Tensor:
        """The next seed, int64 (2,)."""
        seed = tf.identity(self.state)
        self.state.assign(seed + tf.constant([0, 1], "int64"))
        return seed


def _seeds(layer: Layer) -> list[tf.Variable]:
    """The states of all seed generators in a layer."""
    parts = [vars(part) for part in layer._flatten_layers()]
    return [value.state for part in parts for value in part.values() if isinstance(value, SeedGenerator)]


class PyDataset(keras.utils.Sequence):
    """`keras.utils.PyDataset`: the `Sequence` of Keras 2, which may also have no end."""

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    @property
    def num_batches(self) -> int | None:
        """How many batches an epoch has; None without end."""
        return len(self) if hasattr(self, "__len__") else None


class _Tracker:
    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def untrack(self, part: Layer) -> None:
        """Lets go of a layer that an attribute held: Keras 2 has done so already, unless it was in a container."""
        parts = getattr(self.layer, "_self_tracked_trackables", [])
        parts[:] = [one for one in parts if one is not part]


def _shapes(inputs: Any) -> Any:
    """The shapes that `build` is given: tuples, as in Keras 3."""
    return tf.nest.map_structure(lambda x: tuple(x.shape.as_list()) if x.shape.rank is not None else x.shape, inputs)


def _random_layers() -> None:
    """Dropout and noise draw by a `SeedGenerator`, as in Keras 3, where Keras 2 draws by a state of TensorFlow's."""
    kind, generator = base_layer.BaseRandomLayer, backend.RandomGenerator
    begin, next_seed = kind.__init__, generator.make_seed_for_stateless_op

    def __init__(self, seed: Any = None, force_generator: bool = False, rng_type: Any = None, **kwargs: Any) -> None:  # noqa: ANN001
        begin(self, seed, force_generator, rng_type or "stateless", **kwargs)
        self.seed_generator = SeedGenerator(seed)
        self._random_generator.seeds = self.seed_generator

    def make_seed(self) -> Any:  # noqa: ANN001
        return self.seeds.next() if hasattr(self, "seeds") else next_seed(self)

    kind.__init__, generator.make_seed_for_stateless_op = __init__, make_seed


def _attention() -> None:
    """`MultiHeadAttention` has its projections by name, and can be built before it is called."""
    kind = keras.layers.MultiHeadAttention
    for name in ("query_dense", "key_dense", "value_dense", "output_dense"):
        setattr(kind, name, property(lambda self, name=f"_{name}": getattr(self, name)))

    def build(self, query: Any, value: Any = None, key: Any = None) -> None:  # noqa: ANN001
        query, value, key = (tuple(shape) for shape in (query, value or query, key or value or query))
        self._build_from_signature(query, value, key)
        heads = (*query[:-1], self._num_heads, self._value_dim)
        built = zip((query, key, value, heads), ("query", "key", "value", "output"), strict=True)
        for shape, part in built:
            layer = getattr(self, f"_{part}_dense")
            layer.build(shape)
            layer.built = True

    build._is_default = True  # Keras 2 itself builds in the call, when it knows all inputs
    kind.build = build


def _built_from_config(keras2s: Any) -> Any:
    """`Layer.build_from_config` after which the layer knows that it is built; Keras 3 sees to it in `build`."""

    @functools.wraps(keras2s)
    def build_from_config(self, config: dict) -> None:  # noqa: ANN001
        keras2s(self, config)
        self.built = True

    return build_from_config


def _layers() -> None:
    Layer.add_weight = _add_weight(Layer.add_weight)
    Layer.build_from_config = _built_from_config(Layer.build_from_config)
    # Of a model Keras 2 takes what its layers have for variables; its weights are to have no seeds among them.
    keras.Model._undeduplicated_weights = property(
        lambda self: [
            *(v for part in self._self_tracked_trackables for v in part.weights),
            *self._trainable_weights,
            *self._non_trainable_weights,
        ]
    )
    Layer.dtype_policy = property(lambda self: self._dtype_policy, lambda self, value: self._set_dtype_policy(value))
    Layer.variables = property(lambda self: [*self.weights, *_seeds(self)])
    Layer.non_trainable_variables = property(
        lambda self: list({id(v): v for v in [*self.non_trainable_weights, *_seeds(self)]}.values())
    )
    Layer._tracker = property(_Tracker)
    base_layer.tf_utils = types.SimpleNamespace(**{**vars(tf_utils), "get_shapes": _shapes})
    keras.Model.compiled = property(lambda self: self._is_compiled)
    several = keras.Model.steps_per_execution
    keras.Model.steps_per_execution = property(lambda self: int(tf.convert_to_tensor(several.fget(self))), several.fset)
    # A game has no optimizer of its own. Keras 2 knows no such model.
    choose = keras.Model._get_optimizer
    keras.Model._get_optimizer = lambda self, optimizer: None if optimizer is None else choose(self, optimizer)
    check = keras.Model._validate_compile
    keras.Model._validate_compile = lambda self, optimizer, *args, **kwargs: (
        None if optimizer is None else check(self, optimizer, *args, **kwargs)
    )
    _attention(), _random_layers()


# Optimizers.


class LossScaleOptimizer(LossScaleOptimizerV3):
    """`keras.optimizers.LossScaleOptimizer`: is handed gradients of the scaled loss, where Keras 2's wants them whole.

    Its scale and what it counts are among its variables.
    """

    def __init__(self, inner_optimizer: Any, initial_scale: float = 2.0**15, dynamic_growth_steps: int = 2000) -> None:
        super().__init__(inner_optimizer, True, initial_scale, dynamic_growth_steps)

    def scale_loss(self, loss: Any) -> tf.Tensor:
        """The loss times the scale."""
        return self.get_scaled_loss(tf.convert_to_tensor(loss))

    def apply_gradients(self, grads_and_vars: Iterable, **kwargs: Any) -> None:
        """A step, unless a gradient is not finite."""
        gradients, variables = zip(*grads_and_vars, strict=True)
        gradients, counted = self.get_unscaled_gradients(gradients), tf.identity(self.iterations)
        finite = tf.reduce_all(tf.stack([tf.reduce_all(tf.math.is_finite(g)) for g in gradients]))
        super().apply_gradients(zip(gradients, variables, strict=True), **kwargs)
        self.iterations.assign(tf.where(finite, self.iterations, counted))  # Keras 2 counts a step that it skips

    @property
    def dynamic_scale(self) -> tf.Variable:
        """The scale."""
        return self._loss_scale.current_loss_scale

    @property
    def variables(self) -> list:
        return [*self._optimizer.variables, self.dynamic_scale, self._loss_scale.counter]


def _optimizers() -> None:
    build = _BaseOptimizer.build

    def build_for(self, var_list: Sequence) -> None:  # noqa: ANN001
        if not getattr(self, "_built", False):
            self._trainable_variables = list(var_list)
            if isinstance(self._learning_rate, tf.Variable):  # after the iterations, as in Keras 3: a callback sets it
                self._variables.insert(1, self._learning_rate)
        build(self, var_list)

    _BaseOptimizer.build = build_for
    Optimizer.apply = lambda self, gradients, variables=None: self.apply_gradients(
        zip(gradients, variables or self._trainable_variables, strict=True)
    )
    Optimizer.scale_loss = lambda self, loss: loss
    Optimizer.loss_scale_factor = Optimizer.gradient_accumulation_steps = None
    for name in ("_internal_apply_gradients", "_apply_weight_decay"):  # in a scope nothing is merged over replicas
        _alone_in_scope(name)
    _older_optimizers()


def _older_optimizers() -> None:
    """Those of before Keras 2.11, which tensorflow-addons' are, get the face of the later ones."""
    kind = keras.optimizers.legacy.Optimizer

    def build(self, var_list: Sequence) -> None:  # noqa: ANN001
        with tf.init_scope():
            for one in _around(self)[1:]:
                one._iterations = self.iterations  # one that others are around counts with them
            self._create_all_weights(var_list)

    def variables(self) -> list:  # noqa: ANN001
        """Its weights, and the numbers that a callback may set: the learning rate."""
        numbers = [value for one in _around(self) for value in one._hyper.values() if isinstance(value, tf.Variable)]
        return CallableList({id(v): v for v in [*self.weights, *numbers]}.values())

    keep = kind._set_hyper

    def set_hyper(self, name: str, value: Any) -> None:  # noqa: ANN001
        held = self._hyper.get(name)
        if isinstance(held, tf.Variable) and not isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
            held.assign(value)  # which can be called here, and would be taken for a function to replace
        else:
            keep(self, name, value)

    kind.build, kind.variables, kind._set_hyper = build, property(variables), set_hyper
    kind.scale_loss = lambda self, loss: loss
    kind.loss_scale_factor = kind.gradient_accumulation_steps = None
    kind.use_ema = False


def _around(optimizer: Any) -> list:
    """An optimizer, and those that it is around, from the outermost on."""
    inner = getattr(optimizer, "_optimizer", None)
    return [optimizer] if inner is None else [optimizer, *_around(inner)]


def _alone_in_scope(name: str) -> None:
    merged, alone = getattr(Optimizer, name), getattr(_BaseOptimizer, name)
    setattr(Optimizer, name, lambda self, of: merged(self, of) if StatelessScope.now() is None else alone(self, of))


def _hard_tanh(x: Any) -> tf.Tensor:
    """`keras.activations.hard_tanh`."""
    return tf.clip_by_value(x, -1.0, 1.0)


def _names() -> None:
    keras.activations.hard_tanh = keras.saving.get_custom_objects()["hard_tanh"] = _hard_tanh
    _hard_tanh.__name__ = "hard_tanh"
    keras.Variable, keras.StatelessScope = Variable, StatelessScope
    nest = tf.nest
    keras.tree = types.SimpleNamespace(
        map_structure=nest.map_structure, flatten=nest.flatten, pack_sequence_as=nest.pack_sequence_as
    )
    keras.ops = types.SimpleNamespace(
        convert_to_numpy=lambda x: tf.convert_to_tensor(x).numpy(),
        softmax=tf.nn.softmax,
        std=tf.math.reduce_std,
        sum=tf.reduce_sum,
        unstack=tf.unstack,
    )
    keras.random = types.SimpleNamespace(SeedGenerator=SeedGenerator, normal=_normal, uniform=_uniform)
    keras.config = types.SimpleNamespace(
        floatx=backend.floatx,
        set_floatx=backend.set_floatx,
        dtype_policy=keras.mixed_precision.global_policy,
        set_dtype_policy=keras.mixed_precision.set_global_policy,
    )
    keras.mixed_precision.dtype_policy = keras.mixed_precision.global_policy
    keras.DTypePolicy = keras.mixed_precision.Policy
    keras.dtype_policies = types.SimpleNamespace(serialize=policy.serialize)
    keras.utils.PyDataset = PyDataset
    keras.utils.clear_session = _clear_session
    keras.optimizers.LossScaleOptimizer = LossScaleOptimizer


def _clear_session(free_memory: bool = True) -> None:
    """Forgets the names so far, and the precision policy too: the next one is that of `floatx`."""
    backend.clear_session()
    policy.set_global_policy(None)


def _seed(seed: Any) -> Any:
    return seed.next() if isinstance(seed, SeedGenerator) else [tf_utils.get_random_seed() if seed is None else seed, 0]


def _normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> tf.Tensor:
    return tf.random.stateless_normal(shape, _seed(seed), mean, stddev, dtype or backend.floatx())


def _uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, _seed(seed), minval, maxval, dtype or backend.floatx())


_variables(), _layers(), _optimizers(), _names()
