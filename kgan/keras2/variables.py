"""Variables. Keras 3 has its own, with `value` a property, `path`, `regularizer`; those of Keras 2 are TensorFlow's."""

import functools
import threading
from collections.abc import Iterable
from typing import Any

import tensorflow as tf
from keras.src import backend
from keras.src.mixed_precision.autocast_variable import AutoCastVariable
from tensorflow.python.distribute.values import DistributedVariable, SyncOnReadVariable
from tensorflow.python.ops.resource_variable_ops import BaseResourceVariable, ResourceVariable


class _Kind(type):
    def __instancecheck__(cls, thing: Any) -> bool:
        return isinstance(thing, tf.Variable)


class Variable(metaclass=_Kind):
    """`keras.Variable`: a `tf.Variable`, made as Keras 3 makes its own."""

    def __new__(cls, initializer: Any, shape: Any = None, dtype: Any = None, trainable: bool = True, **kwargs: Any):
        dtype = dtype or getattr(initializer, "dtype", None) or backend.floatx()
        initial = initializer(shape, dtype) if callable(initializer) and shape is not None else initializer
        kwargs["aggregation"] = aggregation(kwargs.get("aggregation"))
        kwargs.pop("autocast", None)
        with tf.init_scope():
            return tf.Variable(tf.cast(initial, dtype), trainable=trainable, **kwargs)


def aggregation(value: Any) -> tf.VariableAggregation:
    """Keras 3 names them; TensorFlow has an enumeration."""
    return value if isinstance(value, tf.VariableAggregation) else tf.VariableAggregation[(value or "none").upper()]


class StatelessScope:
    """`keras.StatelessScope`: within it, variables of `state_mapping` read as these tensors, to which gradients flow.

    What is assigned is kept by the scope and dropped with it; `get_current_value` tells it. In Keras 3 its variables
    look for the scope. Here TensorFlow's do, as soon as they are read, assigned or handed to an operation.
    """

    _of_thread = threading.local()

    def __init__(self, state_mapping: Iterable = ()) -> None:
        self.values = {id(component(variable)): tf.convert_to_tensor(value) for variable, value in state_mapping or ()}

    def __enter__(self) -> "StatelessScope":
        self.before, StatelessScope._of_thread.scope = StatelessScope.now(), self
        return self

    def __exit__(self, *error: Any) -> None:
        StatelessScope._of_thread.scope = self.before

    def get_current_value(self, variable: tf.Variable) -> tf.Tensor:
        """The variable's value as it stands at the scope's end."""
        return self.values.get(id(component(variable)), variable)

    @classmethod
    def now(cls) -> "StatelessScope | None":
        """The innermost scope of this thread, or None."""
        return getattr(cls._of_thread, "scope", None)


def component(variable: Any) -> Any:
    """The variable that holds the value: without automatic casts, and this replica's of a mirrored one."""
    variable = variable._variable if isinstance(variable, AutoCastVariable) else variable
    return variable._get() if isinstance(variable, DistributedVariable) else variable


def _stand_in(variable: Any) -> tf.Tensor | None:
    """What the variable reads as in a scope; None outside."""
    scope = StatelessScope.now()
    return None if scope is None else scope.values.get(id(component(variable)))


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
        own = component(self)
        value = tf.cast(value, own.dtype)
        if sign:
            value = tf.convert_to_tensor(own) + sign * value
        scope.values[id(own)] = value
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


def give() -> None:
    """Gives TensorFlow's variables the face of Keras 3's."""
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
