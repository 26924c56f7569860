"""Each of the terms of Keras 3 that Keras 2 is given (`kgan.keras2`)."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import random
from kgan.distribute import second_moments, sublayers, untrack, virtual_step

L = keras.layers


def test_variables():
    v = keras.Variable([1.0, 2.0], dtype="float64", trainable=False, name="v", aggregation="mean")
    assert isinstance(v, keras.Variable) and isinstance(v, tf.Variable) and not v.trainable
    assert v.dtype == "float64" and v.path == "v" and v.aggregation == tf.VariableAggregation.MEAN
    assert keras.Variable(lambda shape, dtype: tf.ones(shape, dtype), (2, 3)).shape == (2, 3)
    np.testing.assert_array_equal(v.value + 1.0, [2.0, 3.0])
    np.testing.assert_array_equal(v.value(), [1.0, 2.0])  # as TensorFlow, and code for it, reads it


def test_value_is_what_a_tape_differentiates_by():
    v = keras.Variable(3.0)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(v.value)
        loss = v * v
    assert tape.gradient(loss, v.value) == 6.0


@pytest.mark.parametrize("traced", [False, True])
class TestStatelessScope:
    def run(self, function, traced):
        return (tf.function(function) if traced else function)()

    def test_reads_and_gradients(self, traced):
        v, x = keras.Variable([1.0, 2.0]), tf.constant([5.0, 7.0])

        def function():
            with tf.GradientTape() as tape:
                tape.watch(x)
                with keras.StatelessScope(state_mapping=[(v, x)]):
                    seen = tf.stack([v * 1.0, v.value + 0.0, v.read_value(), tf.identity(v), tf.sqrt(v) ** 2, 1.0 * v])
                    rows = tf.stack([tf.gather(v, 1), tf.nn.embedding_lookup(v, 1), v.sparse_read([1])[0]])
            return seen, rows, tape.gradient([seen, rows], x)

        seen, rows, gradient = self.run(function, traced)
        np.testing.assert_allclose(seen, [[5.0, 7.0]] * 6, rtol=1e-6)
        np.testing.assert_allclose(rows, [7.0] * 3)
        np.testing.assert_allclose(gradient, [6.0, 9.0], rtol=1e-6)
        np.testing.assert_array_equal(v, [1.0, 2.0])

    def test_what_is_assigned_is_dropped(self, traced):
        v, other = keras.Variable(1.0), keras.Variable(10.0)

        def function():
            with keras.StatelessScope(state_mapping=[(v, tf.constant(3.0))]) as scope:
                v.assign_add(1.0)
                v.assign_sub(0.5)
                other.assign(v * 2.0)
                inside = other + 0.0
            return inside, scope.get_current_value(v), scope.get_current_value(other)

        assert [float(x) for x in self.run(function, traced)] == [7.0, 3.5, 7.0]
        assert (float(v), float(other)) == (1.0, 10.0)

    def test_an_inner_scope_does_not_see_the_outer_one(self, traced):
        v = keras.Variable(1.0)

        def function():
            with keras.StatelessScope([(v, tf.constant(2.0))]):
                with keras.StatelessScope():
                    inner = v + 0.0
                return inner, v + 0.0

        assert [float(x) for x in self.run(function, traced)] == [1.0, 2.0]

    def test_layers_in_mixed_precision(self, traced):
        layer = L.Dense(1, use_bias=False, dtype="mixed_bfloat16")
        layer.build((None, 2))

        def function():
            with keras.StatelessScope([(layer.kernel, tf.constant([[1.0], [3.0]]))]):
                return layer(tf.constant([[2.0, 1.0]])), layer.kernel.value

        result, kernel = self.run(function, traced)
        assert result.dtype == "bfloat16" and float(result) == 5.0 and kernel.dtype == "float32"


def test_weights_are_made_as_in_keras_3():
    layer = L.Layer(dtype="mixed_float16")
    v = layer.add_weight((2,), initializer="ones", regularizer="l2", autocast=False, aggregation="only_first_replica")
    assert v.shape == (2,) and v.aggregation == tf.VariableAggregation.ONLY_FIRST_REPLICA
    assert type(v) is not type(layer.add_weight((2,)))  # which casts
    assert float(v.regularizer(v)) == pytest.approx(0.02) and len(layer.losses) == 1
    assert layer.add_weight(name="w", shape=(1,)).regularizer is None
    assert layer.add_weight((1,), regularizer="l2").regularizer is not None


def test_build_is_given_tuples():
    class Shapes(L.Layer):
        def build(self, input_shape):
            self.seen = input_shape

        def call(self, inputs):
            return inputs[0]

    layer = Shapes()
    layer([tf.zeros((2, 3)), keras.Input((4,))])
    assert layer.seen == [(2, 3), (None, 4)] and all(type(shape) is tuple for shape in layer.seen)


def test_what_draws_is_a_function_of_its_seed_whose_state_is_no_weight():
    model = keras.Sequential([keras.Input((50,)), L.Dropout(0.5), L.GaussianNoise(1.0)])
    x, draws = tf.ones((1, 50)), []
    run = tf.function(lambda seed: (random.reseed([model], random.key(seed)), model(x, training=True))[1])
    draws = [run(tf.constant(seed)).numpy() for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1]) and not np.array_equal(draws[0], draws[2])
    assert not np.array_equal(model(x, training=True), model(x, training=True))
    assert len(model.variables) == len(model.non_trainable_variables) == 2 and model.weights == []
    assert all(random.is_seed(v) for v in model.variables)
    seed = keras.random.SeedGenerator(3)
    first, second = (keras.random.normal((4,), 5.0, 0.1, seed=seed) for _ in range(2))
    assert not np.array_equal(first, second) and np.all(np.abs(first - 5.0) < 1.0)
    assert np.all(keras.random.uniform((9,), 2.0, 3.0, seed=seed) >= 2.0)


def test_a_model_without_an_optimizer():
    model = keras.Sequential([keras.Input((1,)), L.Dense(1)])
    assert not model.compiled
    model.compile(optimizer=None, steps_per_execution=3)
    assert model.compiled and model.optimizer is None and model.steps_per_execution == 3


def test_what_an_attribute_held_is_let_go():
    model = keras.Sequential()
    part = model.part = L.Dense(1)
    model.parts = [part]
    untrack(model, part)
    model.parts = []
    assert part not in sublayers(model)


def test_attention_can_be_built_before_it_is_called():
    layer = L.MultiHeadAttention(2, 3, value_dim=5)
    layer.build((None, 4, 6))
    parts = (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense)
    assert [part.kernel.shape for part in parts] == [(6, 2, 3), (6, 2, 3), (6, 2, 5), (2, 5, 6)]
    weights = [v.ref() for v in layer.weights]
    assert layer(tf.zeros((1, 4, 6)), tf.zeros((1, 4, 6))).shape == (1, 4, 6)
    assert [v.ref() for v in layer.weights] == weights
    other = L.MultiHeadAttention(2, 3)  # which Keras 2 builds when it is called, for inputs that differ
    assert other(tf.zeros((1, 4, 6)), tf.zeros((1, 2, 8))).shape == (1, 4, 6)


def test_optimizers():
    v = keras.Variable([1.0, -1.0])
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build([v])
    assert [x.path for x in optimizer.variables[:2]] == ["iteration", "learning_rate"]
    assert second_moments(optimizer)[0].shape == (2,) and optimizer.scale_loss(2.0) == 2.0
    state = [tf.identity(x) for x in optimizer.variables]
    (virtual,), after = virtual_step(optimizer, [tf.constant([1.0, 2.0])], [tf.identity(v)], state)
    np.testing.assert_array_equal(v, [1.0, -1.0])
    optimizer.apply([tf.constant([1.0, 2.0])])
    np.testing.assert_allclose(virtual, v, rtol=1e-6)
    for expected, x in zip(after, optimizer.variables, strict=True):
        np.testing.assert_allclose(expected, x, rtol=1e-6)


def test_loss_scaling():
    v = keras.Variable(1.0)
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), initial_scale=8.0)
    optimizer.build([v])
    assert float(optimizer.scale_loss(1.0)) == 8.0
    optimizer.apply_gradients([(tf.constant(8.0), v)])  # of the scaled loss
    assert float(v) == 0.5 and int(optimizer.iterations) == 1
    optimizer.apply_gradients([(tf.constant(np.inf), v)])
    assert float(v) == 0.5 and int(optimizer.iterations) == 1 and float(optimizer.dynamic_scale) == 4.0
    assert any(x is optimizer.dynamic_scale for x in optimizer.variables)


def test_a_layer_under_a_name_with_a_default_is_the_models():
    class Two(keras.Model):
        others = ()
        rate = 1.0

    model = Two()
    model.others, model.rate = [L.Dense(1), L.Dense(2)], 2.0
    for layer in model.others:
        layer.build((None, 3))
    assert len(model.variables) == len(model.trainable_variables) == 4 and model.rate == 2.0


def test_sgd_keeps_momenta_where_it_has_momentum():
    kept = []
    for momentum in (0.0, 0.9):
        v = keras.Variable([1.0, 2.0])
        optimizer = keras.optimizers.SGD(0.5, momentum=momentum)
        optimizer.build([v])
        optimizer.apply([tf.constant([1.0, 1.0])])
        np.testing.assert_array_equal(v, [0.5, 1.5])
        kept.append(len(optimizer.variables))
    assert kept == [2, 3]


def test_names():
    layer = L.Activation.from_config(L.Activation("hard_tanh").get_config())
    np.testing.assert_array_equal(layer(tf.constant([[-3.0, 0.5, 2.0]])), [[-1.0, 0.5, 1.0]])
    assert keras.tree.flatten({"b": 1, "a": (2, 3)}) == [2, 3, 1]
    assert keras.tree.map_structure(lambda x: x + 1, {"a": [1]}) == {"a": [2]}
    assert keras.tree.pack_sequence_as((0, 0), [1, 2]) == (1, 2)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(keras.ops.std(tf.constant([1.0, 3.0]))), 1.0)
    np.testing.assert_allclose(keras.ops.softmax(tf.zeros((1, 2))), [[0.5, 0.5]])
    assert float(keras.ops.sum(tf.ones(3))) == 3.0 and len(keras.ops.unstack(tf.ones((2, 3)), axis=1)) == 3


def test_precision_is_that_of_floatx_until_it_is_said():
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert keras.mixed_precision.dtype_policy().name == keras.config.dtype_policy().name == "mixed_bfloat16"
    assert keras.dtype_policies.serialize(keras.DTypePolicy("float32")) == "float32"
    keras.utils.clear_session()
    keras.config.set_floatx("float64")
    assert L.Dense(1).dtype == keras.config.floatx() == "float64"
    layer = L.Dense(1)
    layer.dtype_policy = keras.DTypePolicy("float32")
    assert layer.dtype == "float32"


def test_a_pydataset_may_have_no_end():
    class Endless(keras.utils.PyDataset):
        __len__ = None

    class Three(keras.utils.PyDataset):
        def __len__(self):
            return 3

    assert Three(workers=2).num_batches == 3 and Three(workers=2).workers == 2
