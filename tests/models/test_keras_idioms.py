"""What docs/keras.md promises: Keras's operations and idioms on a game, each works or is refused in one line."""

import functools
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError

POINTS = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")
LABELS = np.arange(32) % 4


def make(cls=kgan.GAN, **settings):
    keras.utils.set_random_seed(0)
    gan = cls(kgan.networks.mlp_generator((2,), 2, 4, 1), kgan.networks.mlp_discriminator((2,), 4, 1), latent_dim=2)
    gan.compile(**settings)
    return gan


def state(gan):
    return [v.numpy() for v in gan.state]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


class Watching(kgan.GAN):
    """Remembers what it is shown; eager."""

    def discriminator_objective(self, round):
        self.__dict__.setdefault("seen", []).append((round.real.numpy(), round.labels))
        return super().discriminator_objective(round)


@pytest.fixture(scope="module")
def gan():
    return make(Watching, run_eagerly=True)


def seen(gan, *args, **kwargs):
    """The samples, in their batches, that one epoch shows; and the labels beside them."""
    gan.seen = []
    gan.batches.assign(0)
    gan.fit(*args, verbose=0, **kwargs)
    return [real for real, _ in gan.seen], [labels for _, labels in gan.seen]


class Batches(keras.utils.PyDataset):
    ends = 0

    def __init__(self, *columns):
        super().__init__()
        self.columns = columns

    def __len__(self):
        return 4

    def __getitem__(self, number):
        return tuple(column[8 * number : 8 * number + 8] for column in self.columns)

    def on_epoch_end(self):
        self.ends += 1


class DataLoader:
    """As PyTorch's, to us: it can be counted and gone through."""

    def __len__(self):
        return 4

    def __iter__(self):
        return iter(POINTS.reshape(4, 8, 2))


def dataset(*columns):
    return tf.data.Dataset.from_tensor_slices(columns if len(columns) > 1 else columns[0]).batch(8)


def unknown_rank():
    spec = tf.TensorSpec(None, "float32")
    return tf.data.Dataset.from_generator(lambda: iter(POINTS.reshape(4, 8, 2)), output_signature=spec)


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (lambda: (POINTS,), {"batch_size": 8, "shuffle": False}),
        (lambda: (POINTS.tolist(),), {"batch_size": 8, "shuffle": False}),
        (lambda: (tf.constant(POINTS),), {"batch_size": 8, "shuffle": False}),
        (lambda: (dataset(POINTS),), {}),
        (lambda: (dataset(POINTS).map(lambda x: (x,)),), {}),
        (lambda: (unknown_rank(),), {"steps_per_epoch": 4}),
        (lambda: (Batches(POINTS),), {"shuffle": False}),
    ],
    ids=["array", "list", "tensor", "dataset", "one-tuple", "unknown rank", "PyDataset"],
)
def test_samples_come_in_their_order(gan, data, settings):
    batches, labels = seen(gan, *data(), **settings)
    np.testing.assert_array_equal(np.stack(batches), POINTS.reshape(4, 8, 2))
    assert labels == [None] * 4


@pytest.mark.parametrize(
    ("data", "settings"),
    [
        (lambda: (POINTS, LABELS), {"batch_size": 8, "shuffle": False}),
        (lambda: (dataset(POINTS, LABELS),), {}),
        (lambda: (Batches(POINTS, LABELS),), {"shuffle": False}),
    ],
    ids=["arrays", "dataset", "PyDataset"],
)
def test_labels_come_with_their_samples(gan, data, settings):
    batches, labels = seen(gan, *data(), **settings)
    np.testing.assert_array_equal(np.stack(batches), POINTS.reshape(4, 8, 2))
    np.testing.assert_array_equal(np.stack(labels), LABELS.reshape(4, 8))


@pytest.mark.parametrize("kind", ["array", "PyDataset"])
def test_shuffle_gives_each_epoch_an_order_of_its_own_which_is_a_function_of_the_seed(gan, kind):
    def order():
        x, settings = (POINTS, {"batch_size": 8}) if kind == "array" else (Batches(POINTS), {})
        return np.concatenate(seen(gan, x, epochs=2, **settings)[0]).reshape(2, 32, 2)

    first, second = order()
    for epoch in (first, second):
        np.testing.assert_array_equal(np.sort(epoch[:, 0]), np.sort(POINTS[:, 0]))
    assert not np.array_equal(first, second) and not np.array_equal(first, POINTS)
    np.testing.assert_array_equal(order(), [first, second])


def test_data_goes_on_where_it_was_and_a_pydataset_is_told_of_its_ends(gan):
    both = seen(gan, POINTS, batch_size=8, epochs=2)[0]
    for x, settings in ((POINTS, {"batch_size": 8}), (Batches(POINTS), {})):
        whole = both if x is POINTS else seen(gan, x, epochs=2)[0]
        parts = seen(gan, x, epochs=1, **settings)[0]
        gan.fit(x, verbose=0, **settings)
        np.testing.assert_array_equal([real for real, _ in gan.seen], whole)
        assert len(parts) == 4
    assert x.ends > 0


def test_batches_of_another_size_are_left_out_with_a_word(gan):
    for data in (dataset(POINTS[:27]), dataset(POINTS[:27]).shuffle(8, seed=1)):
        with pytest.warns(UserWarning, match="a batch of 3 where others have 8 is left out"):
            batches, _ = seen(gan, data, steps_per_epoch=4)
        assert [len(batch) for batch in batches] == [8] * 4


def test_an_epoch_has_whole_batches_and_leaves_out_others_each_time(gan):
    first, second = (
        np.concatenate(part) for part in np.split(np.stack(seen(gan, POINTS[:27], batch_size=8, epochs=2)[0]), 2)
    )
    for epoch in (first, second):
        assert len(np.unique(epoch, axis=0)) == 24
    assert set(map(tuple, first)) != set(map(tuple, second))


def test_validation(gan):
    whole = gan.evaluate(POINTS, batch_size=8)
    assert whole == gan.evaluate(dataset(POINTS)) == gan.evaluate(Batches(POINTS)) == gan.evaluate(POINTS, LABELS, 8)
    assert gan.evaluate(POINTS, batch_size=8, return_dict=False) == list(whole.values())
    uneven = gan.evaluate(POINTS[:9], batch_size=8)
    assert uneven["d_real"] == pytest.approx(float(np.mean(gan.discriminator(POINTS[:9]))), abs=1e-6)
    assert gan.test_on_batch(POINTS[:8]) == gan.evaluate(POINTS[:8]) == gan.test_on_batch(POINTS[:8], LABELS[:8])
    for held_out in (POINTS[16:], (POINTS[16:], LABELS[16:]), dataset(POINTS[16:]), Batches(POINTS)):
        settings = {"validation_data": held_out, "validation_freq": 2, "epochs": 2, "verbose": 0}
        history = gan.fit(POINTS, batch_size=8, **settings).history
        assert len(history["d_loss"]) == 2 and len(history["val_d_loss"]) == 1
    settings = {"validation_data": POINTS, "validation_batch_size": 16, "validation_steps": 1, "verbose": 0}
    assert gan.fit(POINTS, **settings).history["val_d_loss"] == [gan.evaluate(POINTS[:16], batch_size=16)["d_loss"]]
    batches, _ = seen(gan, POINTS, LABELS, batch_size=8, validation_split=0.25, shuffle=False)
    np.testing.assert_array_equal(np.concatenate(batches[:3]), POINTS[:24])
    assert len(batches) == 4  # the last is the held-out one


REFUSED = {
    "x: wanted names as the keys of a dict, got 1": lambda g: g.fit({"images": POINTS, 1: POINTS}),
    "data: wanted names as the keys of a dict, got 2": lambda g: g.train_on_batch(({"a": {"b": POINTS, 2: POINTS}},)),
    "x: wanted a dataset of batches, an array of samples or a PyDataset, got a generator": lambda g: g.fit(
        p for p in POINTS
    ),
    "x: wanted a dataset of batches, an array of samples or a PyDataset, got a DataLoader": lambda g: g.fit(
        DataLoader()
    ),
    "x: wanted a dataset of batches, an array of samples or a PyDataset, got a NoneType": lambda g: g.fit(),
    "data: samples are a dict of 'image', 'label', the discriminator takes one array of (2,)": lambda g: g.fit(
        dataset(POINTS).map(lambda x: {"image": x, "label": x})
    ),
    "data: a batch is (samples, labels, weights), and a game does not weigh samples": lambda g: g.fit(
        dataset(POINTS, LABELS, LABELS)
    ),
    "data: a batch is a tuple of 4": lambda g: g.fit(dataset(POINTS, LABELS, LABELS, LABELS)),
    "data: the parts of a batch have 8, 4 rows": lambda g: g.fit(dataset(POINTS).map(lambda x: (x, x[:4, 0]))),
    "data: the parts of a batch have 32, 31 rows": lambda g: g.fit(POINTS, LABELS[1:]),
    "data: wanted dense tensors, got a SparseTensor": lambda g: g.fit(dataset(POINTS).map(tf.sparse.from_dense)),
    "y: a _BatchDataset has its labels in its batches": lambda g: g.fit(dataset(POINTS), LABELS),
    "shuffle: wanted True or False, got 'batch'": lambda g: g.fit(POINTS, shuffle="batch"),
    "validation_split: only arrays can be split": lambda g: g.fit(dataset(POINTS), validation_split=0.5),
    "validation_split: wanted a share of the 32 samples between 0 and 1, got 1.5": lambda g: g.fit(
        POINTS, validation_split=1.5
    ),
    "validation_steps: wanted, because validation_data has no end": lambda g: g.fit(
        POINTS, validation_data=dataset(POINTS).repeat()
    ),
    "validation_data: the dataset is empty": lambda g: g.fit(POINTS, validation_data=dataset(POINTS).skip(4)),
    "data: samples have shape (3,), the discriminator takes (2,)": lambda g: g.fit(
        POINTS, validation_data=np.zeros((8, 3), "float32")
    ),
    "sample_weight: a game weighs no samples": lambda g: g.fit(POINTS, sample_weight=LABELS),
    "class_weight: a game weighs no samples": lambda g: g.fit(POINTS, class_weight={0: 1.0}),
    "batches: a round takes 1, got 2; labels go with their samples": lambda g: g.train_on_batch(POINTS, LABELS),
    "optimizer: each player has its own, d_optimizer and g_optimizer": lambda g: g.compile(optimizer="adam"),
    "metrics: there is no y_pred to compare": lambda g: g.compile(metrics=["accuracy"]),
    "weighted_metrics: a game weighs no samples": lambda g: g.compile(weighted_metrics=["accuracy"]),
    "loss_weights: each player has one loss": lambda g: g.compile(loss_weights=[1.0]),
    "compile: unknown name 'los'; did you mean 'loss'": lambda g: g.compile(los="hinge"),
    "callbacks: BackupAndRestore: it keeps no position in the data": lambda g: g.fit(
        POINTS, callbacks=[keras.callbacks.BackupAndRestore("nowhere")]
    ),
    "callbacks: TerminateOnNaN: it looks at the log 'loss' alone": lambda g: g.fit(
        POINTS, callbacks=[keras.callbacks.TerminateOnNaN()]
    ),
    "callbacks: SwapEMAWeights: the generator's average is kept by": lambda g: g.fit(
        POINTS, callbacks=[keras.callbacks.SwapEMAWeights()]
    ),
    "callbacks: EarlyStopping: monitor='val_loss' wants validation_data": lambda g: g.fit(
        POINTS, callbacks=[keras.callbacks.EarlyStopping()]
    ),
    "callbacks: EarlyStopping: mode: wanted 'min' or 'max' for 'd_loss', got 'auto'": lambda g: g.fit(
        POINTS, callbacks=[keras.callbacks.EarlyStopping("d_loss")]
    ),
    "callbacks: ReduceLROnPlateau: monitor: unknown name 'dloss'; did you mean 'd_loss'": lambda g: g.fit(
        POINTS, callbacks=[keras.callbacks.ReduceLROnPlateau("dloss", mode="min")]
    ),
    "callbacks: ModelCheckpoint: monitor: unknown name 'val_loss'": lambda g: g.fit(
        POINTS,
        callbacks=[keras.callbacks.ModelCheckpoint("nowhere.keras", save_best_only=True, mode="min")],
        validation_data=POINTS,
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_one_line_that_names_the_way(gan, message):
    with pytest.raises(InputError) as error:
        REFUSED[message](gan)
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


def test_frozen_networks():
    gan = make()
    gan.discriminator.trainable = False
    with pytest.warns(UserWarning, match="frozen or thawed since compile"):
        gan.fit(POINTS, verbose=0)
    with pytest.raises(InputError, match="player 'd' has no trainable variables"):
        gan.compile()
    gan.discriminator.trainable = True
    next(layer for layer in gan.discriminator.layers if layer.weights).trainable = False
    before = [v.numpy() for v in gan.discriminator.weights]
    gan.compile()
    gan.fit(POINTS, verbose=0)
    after = [v.numpy() for v in gan.discriminator.weights]
    assert [np.array_equal(a, b) for a, b in zip(before, after, strict=True)] == [True, True, False, False]


def test_another_generator_and_compiling_again():
    gan = make()
    gan.fit(POINTS, verbose=0)
    gan.generator = kgan.networks.mlp_generator((2,), 2, 8, 2)
    gan.compile()
    gan.fit(POINTS, verbose=0)
    assert len(gan.average.network.weights) == len(gan.generator.weights)
    fresh = kgan.GAN(gan.generator, gan.discriminator, 2)
    fresh.compile()
    assert sorted(tuple(v.shape) for v in gan.state) == sorted(tuple(v.shape) for v in fresh.state)
    gan.generator = kgan.networks.mlp_generator((3,), 2)
    with pytest.raises(InputError, match=r"discriminator: .* is given samples \(3,\), but it takes \(2,\)"):
        gan.compile()


def test_one_round_by_hand_is_compiled_once_and_the_same_as_fits():
    traces = []

    class Counting(kgan.GAN):
        def train_step(self, batches):
            traces.append(1)
            return super().train_step(batches)

    for settings in ({}, {"jit_compile": True}):
        by_hand, by_fit = make(Counting, n_critic=2, **settings), make(n_critic=2, **settings)
        traces.clear()
        for i in range(3):
            logs = by_hand.train_on_batch(POINTS[:8], POINTS[8 * i + 8 : 8 * i + 16], return_dict=True)
            assert {"d_loss", "g_loss"} <= set(logs)
        assert len(traces) == 1 and int(by_hand.step) == 3
        pairs = [POINTS[8 * j : 8 * j + 8] for i in range(3) for j in (0, i + 1)]
        by_fit.fit(tf.data.Dataset.from_tensor_slices(np.stack(pairs)), verbose=0)
        for a, b in zip(state(by_hand), state(by_fit), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_one_round_by_hand_takes_labels_and_gives_a_list(gan):
    gan.seen = []
    logs = gan.train_on_batch((POINTS[:8], LABELS[:8]), return_dict=False)
    np.testing.assert_array_equal(gan.seen[0][1], LABELS[:8])
    assert len(logs) >= 4 and all(isinstance(value, float) for value in logs)


def test_rounds_by_hand_adapt():
    steps = kgan.schedules.AdaptiveSteps(1, 3)
    gan = make(n_critic=steps)
    gan.r_t.assign(1.0)
    gan.adapt()
    gan.train_on_batch(POINTS[:8])
    gan.r_t.assign(-1.0)
    with pytest.raises(InputError, match="a round takes 3, got 1"):
        gan.train_on_batch(POINTS[:8])


def test_a_game_that_grows_says_so():
    class Growing(kgan.GAN):
        stage, traces = 0, ()

        def graph_key(self):
            return (super().graph_key(), self.stage)

        def train_step(self, batches):
            Growing.traces += (self.stage,)
            return super().train_step(batches)

    gan = make(Growing)
    for gan.stage in (0, 1, 1, 0):
        gan.fit(POINTS, verbose=0)
    assert Growing.traces == (0, 1)


def test_metrics_of_the_users_are_reset_each_epoch_and_not_averaged_again():
    class Metered(kgan.GAN):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.largest = keras.metrics.Mean(name="mean_step")

        @property
        def metrics(self):
            return [self.largest]

        def generator_objective(self, round):
            loss, logs = super().generator_objective(round)
            self.largest.update_state(round.step)
            return loss, logs | {"mean_step": self.largest.result()}

    gan = make(Metered)
    history = gan.fit(POINTS, batch_size=8, epochs=2, verbose=0, validation_data=POINTS).history
    assert history["mean_step"] == [1.5, 5.5] and history["val_mean_step"] == [4.0, 8.0]


def test_callbacks_that_set_learning_rates_set_each_players():
    gan = make(d_optimizer=keras.optimizers.Adam(4e-4), g_optimizer=keras.optimizers.Adam(1e-4))
    plateau = keras.callbacks.ReduceLROnPlateau(
        "d_loss", factor=0.5, patience=0, mode="min", min_delta=10.0, cooldown=9
    )
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = gan.fit(POINTS, batch_size=8, epochs=2, verbose=0, callbacks=[schedule]).history
    assert history["learning_rate_d"] == pytest.approx([2e-4, 1e-4])
    assert history["learning_rate_g"] == pytest.approx([5e-5, 2.5e-5])
    gan.fit(POINTS, batch_size=8, epochs=2, verbose=0, callbacks=[plateau])
    assert float(gan.d_optimizer.learning_rate) == pytest.approx(5e-5)
    assert float(gan.g_optimizer.learning_rate) == pytest.approx(1.25e-5)


def test_tensorboard_with_everything_on(tmp_path):
    gan = make()
    board = keras.callbacks.TensorBoard(
        tmp_path,
        histogram_freq=1,
        write_graph=True,
        write_images=True,
        write_steps_per_second=True,
        update_freq="batch",
        profile_batch=(1, 2),
    )
    history = gan.fit(POINTS, batch_size=8, epochs=2, verbose=0, callbacks=[board], validation_data=POINTS)
    assert len(history.history["d_loss"]) == 2
    assert {path.name for path in tmp_path.iterdir()} >= {"train", "validation"}


def test_regularizers_of_weights_are_added_to_their_players():
    def game(weight, activity=None, **settings):
        regular = {"kernel_regularizer": keras.regularizers.L2(weight)} if weight else {}
        dense = functools.partial(keras.layers.Dense, kernel_initializer="ones", **regular)
        generator = keras.Sequential([keras.Input((2,)), dense(4), keras.layers.Dense(2, "tanh", False, "ones")])
        discriminator = keras.Sequential([keras.Input((2,)), dense(4, activity_regularizer=activity), dense(1)])
        gan = kgan.GAN(generator, discriminator, 2)
        gan.compile(**settings)
        return gan

    plain, regular = game(0.0), game(0.5)
    (before, _), (after, logs) = (gan.game.vector_field(gan.round(POINTS[:8])) for gan in (plain, regular))
    assert float(logs["g_regularizers"]) == pytest.approx(0.5 * 8)
    assert float(logs["regularizers"]) == pytest.approx(0.5 * 12)
    np.testing.assert_allclose(after["g"][0] - before["g"][0], np.ones((2, 4)), rtol=1e-4)
    np.testing.assert_allclose(after["d"][2] - before["d"][2], np.ones((4, 1)), rtol=1e-4)
    np.testing.assert_allclose(after["g"][2], before["g"][2], rtol=1e-4)
    round = regular.round(POINTS[:8])
    jacobians = [gan.game.linearize(round).jvp(after) for gan in (plain, regular)]
    np.testing.assert_allclose(jacobians[1]["g"][0] - jacobians[0]["g"][0], after["g"][0], rtol=1e-3, atol=1e-4)
    with pytest.raises(InputError, match="discriminator: a layer adds a loss in each call"):
        game(0.0, "l2")


def test_fit_within_the_strategys_scope():
    without = make()
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        within = make()
        within.fit(POINTS, batch_size=8, verbose=0, validation_data=POINTS)
    without.fit(POINTS, batch_size=8, verbose=0)
    assert same(state(within), state(without))


HERE, SAVING, GANS = "test_keras_idioms", "test_saving", "test_gan"
KERAS, DRAWING = "../callbacks/test_keras", "../callbacks/test_drawing"
SAMPLES, REFUSALS = (HERE, "test_samples_come_in_their_order"), (HERE, "test_one_line_that_names_the_way")
OWN = ("test_own_networks", "test_each_plays_and_is_averaged")
FILES = (SAVING, "test_other_files_name_the_way")
VALIDATION, ROUND = (HERE, "test_validation"), (HERE, "test_one_round_by_hand_is_compiled_once_and_the_same_as_fits")
# What runs each row of the page, in its order: file and test.
RUN_BY = {
    "`fit(dataset)` of samples": [SAMPLES, (HERE, "test_labels_come_with_their_samples")],
    "a dataset of unknown rank": [SAMPLES],
    "a dataset whose last batch is smaller": [(HERE, "test_batches_of_another_size_are_left_out_with_a_word")],
    "a dataset of dicts": [REFUSALS],
    "`(samples, labels, weights)`": [REFUSALS],
    "`fit(x)`": [SAMPLES, (HERE, "test_an_epoch_has_whole_batches_and_leaves_out_others_each_time")],
    "`batch_size=`": [
        (HERE, "test_shuffle_gives_each_epoch_an_order_of_its_own_which_is_a_function_of_the_seed"),
        VALIDATION,
    ],
    "`fit(sequence)`": [SAMPLES, (HERE, "test_data_goes_on_where_it_was_and_a_pydataset_is_told_of_its_ends")],
    "a Python generator": [REFUSALS],
    "`validation_data=`": [VALIDATION],
    "`evaluate(array)`": [VALIDATION],
    "parts of a batch": [REFUSALS],
    "`train_on_batch(batch)`": [ROUND, (HERE, "test_one_round_by_hand_takes_labels_and_gives_a_list")],
    "`test_on_batch(x)`": [VALIDATION],
    "`fit` inside": [(HERE, "test_fit_within_the_strategys_scope")],
    "`compile(jit_compile=True": [ROUND, (GANS, "test_steps_per_execution_and_eager_play_the_same_game")],
    "a callback of one's own with": [
        ("../test_pace", "test_who_does_not_say_when_it_looks_is_asked_between_any_two_rounds")
    ],
    "`compile(optimizer=...)`": [REFUSALS],
    "`compile(metrics=...": [REFUSALS],
    "`keras.metrics.Metric`": [(HERE, "test_metrics_of_the_users_are_reset_each_epoch_and_not_averaged_again")],
    "a `metrics` property": [(HERE, "test_metrics_of_the_users_are_reset_each_epoch_and_not_averaged_again")],
    "layers with `kernel_regularizer`": [(HERE, "test_regularizers_of_weights_are_added_to_their_players")],
    "layers with `activity_regularizer`": [(HERE, "test_regularizers_of_weights_are_added_to_their_players")],
    "a layer frozen": [(HERE, "test_frozen_networks")],
    "a network that is frozen": [(HERE, "test_frozen_networks")],
    "`gan.generator = other": [(HERE, "test_another_generator_and_compiling_again")],
    "a network that grows": [(HERE, "test_a_game_that_grows_says_so")],
    "networks of your own classes": [OWN, ("test_own_networks", "test_one_that_cannot_be_copied_is_told_the_way")],
    "a discriminator of images of any size": [OWN],
    "a discriminator of two heads": [
        *(OWN, ("test_own_networks", "test_heads_of_which_none_is_called_logits_are_told_the_way")),
    ],
    "networks of two inputs": [
        *(OWN, ("test_own_networks", "test_an_input_that_nobody_gives_is_told_with_its_shape")),
    ],
    "`EarlyStopping`": [(KERAS, "test_early_stopping"), REFUSALS],
    "`LearningRateScheduler`": [(HERE, "test_callbacks_that_set_learning_rates_set_each_players")],
    "`TensorBoard`": [(HERE, "test_tensorboard_with_everything_on")],
    "`CSVLogger`": [
        *((KERAS, "test_csv_logger"), (KERAS, "test_lambda_callback_gets_means_over_the_epoch")),
        (KERAS, "test_model_checkpoint_of_weights"),
    ],
    "`BackupAndRestore`": [REFUSALS],
    "`TerminateOnNaN`": [REFUSALS],
    "`SwapEMAWeights`": [REFUSALS],
    "`kgan.callbacks.SampleGrid`": [(DRAWING, "test_it_draws_what_it_can_and_says_so")],
    '`gan.save("gan.keras")`': [(SAVING, "test_training_goes_on_after_loading")],
    "`keras.saving.load_model": [(SAVING, "test_in_a_new_process_that_has_imported_kgan_alone")],
    "a loss, penalty or rule": [
        *(
            (SAVING, "test_what_has_no_name_is_told_and_what_has_one_is_read"),
            (SAVING, "test_parts_of_the_users_classes"),
        ),
    ],
    "`load_model(..., compile=False)`": [(SAVING, "test_a_file_can_be_loaded_to_sample_from_alone")],
    '`save_weights("gan.weights.h5")`': [(GANS, "test_weights_and_optimizers_survive_saving")],
    '`gan.save("gan.h5")`': [FILES],
    "`gan.export(...)`": [FILES],
}


def test_every_row_of_the_page_is_run_by_a_test():
    folder = Path(__file__).parent
    page = (folder.parents[1] / "docs" / "keras.md").read_text()
    rows = [row for row in re.findall(r"^\| (.*?) \| .* \|$", page, re.MULTILINE) if row not in HEADINGS]
    assert len(rows) == len(RUN_BY)
    for row, (start, tests) in zip(rows, RUN_BY.items(), strict=True):
        assert row.startswith(start)
        for file, test in tests:
            assert re.search(rf"^ *def {test}\(", (folder / f"{file}.py").read_text(), re.MULTILINE), test


HEADINGS = ("What is given", "What is done", "Callback", "---")
