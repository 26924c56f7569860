"""The contract of games: every rule moves them, they resume to the bit, export what they sample, lose no gradient.

A game is made once, and compiled anew for what needs it; what is not about the traced round runs without tracing one.
`test_two_replicas_agree_with_one` traces a game of each kind, on one device and on two.
"""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan import batches
from kgan.callbacks import Checkpoint
from kgan.runs import Run, checkpoints
from kgan.updates import UPDATES
from tests.forked import python
from tests.models.games import GAMES, NOISY, dataset, images, made

RULES = {**{name: name for name in UPDATES}, "lookahead": "lookahead(alternating, k=1)"}
RULES |= {"unrolled": "unrolled(k=1)", "competitive": "competitive(iterations=1)"}


def weights(model):
    return [np.array(v) for v in model.state]


def train(model, case, **settings):
    return model.fit(dataset(case), **{"steps_per_epoch": 1, "epochs": 1, "verbose": 0, **settings}).history


@pytest.fixture(scope="module")
def playing():
    """A game's model, of which a test may do what it likes, compiled as it likes."""
    models = {}

    def compiled(game, **settings):
        case = GAMES[game]
        models[game] = models.get(game) or made(case, run_eagerly=True)
        models[game].compile(**{"run_eagerly": True, **case.settings, **settings})
        return models[game]

    return compiled


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A game's model after two epochs, to look at, and the run's folder with both."""
    runs = {}

    def run(game):
        if game not in runs:
            case, folder = (GAMES | NOISY)[game], tmp_path_factory.mktemp(game)
            model = made(case, run_eagerly=True)
            train(model, case, epochs=2, callbacks=[Checkpoint(folder)])
            runs[game] = model, folder
        return runs[game]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("game, rule", [(game, rule) for game in GAMES for rule in RULES if rule in GAMES[game].rules])
def test_every_rule_moves_all_of_a_game(game, rule, playing):
    model = playing(game, update=RULES[rule], ema_decay=None)
    before = {name: [v.numpy() for v in network.trainable_variables] for name, (_, network) in model.networks().items()}
    step = int(model.step.numpy())
    logs = train(model, GAMES[game])
    assert all(np.isfinite(values).all() for values in logs.values())
    assert int(model.step.numpy()) == step + 1
    for name, (role, network) in model.networks().items():
        after = [v.numpy() for v in network.trainable_variables]
        assert any((old != new).any() for old, new in zip(before[name], after, strict=True)), name
        assert f"{name if role == 'd' else 'g'}_loss" in logs


@pytest.mark.parametrize("game", GAMES)
def test_a_rule_that_makes_no_sense_for_its_optimizers_says_so_at_compile(game, playing):
    with pytest.raises(kgan.checks.InputError, match=r"CompetitiveGradient wants SGD, or Adam .* got RMSprop") as told:
        playing(game, update="competitive", g_optimizer="rmsprop")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("game", GAMES | NOISY)
def test_a_run_that_stops_and_goes_on_ends_in_the_same_bits(game, trained, tmp_path):
    case, (whole, folder) = (GAMES | NOISY)[game], trained(game)
    stopped = tmp_path / "run"
    shutil.copytree(folder, stopped)
    _, newest = checkpoints.find(stopped)
    shutil.rmtree(newest)
    resumed = made(case, run_eagerly=True)
    train(resumed, case, epochs=2, callbacks=[Checkpoint(stopped)])
    assert len(weights(whole)) == len(weights(resumed))
    assert all(np.array_equal(a, b) for a, b in zip(weights(whole), weights(resumed), strict=True))
    # What the folder holds samples as the model does.
    for name, sampler in whole.samplers().items():
        kept = Run(stopped).sampler(name).sample(3, seed=1, **case.given)
        np.testing.assert_array_equal(kept, sampler.sample(3, seed=1, **case.given))


@pytest.mark.parametrize("game", GAMES)
def test_the_export_equals_sample(game, trained, tmp_path):
    case, (model, _) = GAMES[game], trained(game)
    for name, sampler in model.samplers().items():
        kgan.export.save_generator(sampler, tmp_path / (name or "only"))
        loaded = kgan.export.load_generator(tmp_path / (name or "only"))
        assert loaded.spec == sampler.spec and loaded.sample_shape == sampler.sample_shape
        ours, theirs = (one.sample(5, seed=3, **case.given) for one in (sampler, loaded))
        np.testing.assert_allclose(theirs, ours, atol=2e-6)
        np.testing.assert_allclose(ours[:3], sampler.sample(3, seed=3, **case.given), atol=2e-6)


@pytest.mark.parametrize("game", GAMES)
def test_every_term_reaches_every_variable_that_it_should(game, playing):
    """Each adversarial loss, each penalty and each team's term moves all of the networks that it goes through."""
    model = playing(game, augment=None)
    model.step.assign(GAMES[game].step)
    model.adapt()
    round = model.round(next(iter(dataset(GAMES[game]))))
    networks = {name: network for name, (_, network) in model.networks().items()}
    for key, encounter in model.encounters().items():
        with tf.GradientTape(persistent=True) as tape:
            play = model.play(round.drawn(0), key)
            said = keras.tree.flatten([play.on_fakes, play.on_reals])  # logits, and classes where it gives some
            loss = sum(tf.reduce_mean(part**2) for part in said)
        for name in (encounter.judge, encounter.source):
            assert reaches(tape, loss, networks[name]), (key, name)
        for role, name in {"d": encounter.judge, "g": encounter.source}.items():
            with tf.GradientTape(persistent=True) as tape:
                terms = model._terms(role, round.drawn(0), key)
            for term, value in terms.items():
                assert reaches(tape, value, networks[name], all_of_it=False), (key, term, name)
    team = [name for name, (role, _) in model.networks().items() if role == "g"]
    with tf.GradientTape(persistent=True) as tape:
        terms = model.team_terms("g", round.drawn(0))
    for term, value in terms.items():
        if term in ("sharpness", "mixture"):  # of what is learnt beside networks
            assert tape.gradient(value, [v.value for v in model.generator_variables()])[0] is not None, term
            continue
        for name in team:
            assert reaches(tape, value, networks[name]), (term, name)


def reaches(tape, value, network, all_of_it=True):
    found = tape.gradient(value, [v.value for v in network.trainable_variables])
    known = [g for g in found if g is not None]
    return (len(known) == len(found) or not all_of_it) and any(float(tf.reduce_max(tf.abs(g))) > 0 for g in known)


def test_each_generator_gets_the_gradient_of_both_cycles(playing):
    """A cycle that is given to one generator only, half of it, is what keras.io's CycleGAN has."""
    model = playing("cyclegan", identity_weight=0.0)
    batch = next(iter(dataset(GAMES["cyclegan"])))
    g_ab, g_ba = model.generator_ab, model.generator_ba

    def halves():
        a, b = batch["a"], batch["b"]
        distance = lambda x, y: tf.reduce_mean(tf.abs(x - y))  # noqa: E731
        there = distance(g_ba(g_ab(a, training=True), training=True), a)
        return there, distance(g_ab(g_ba(b, training=True), training=True), b)

    variables = [v.value for network in (g_ab, g_ba) for v in network.trainable_variables]
    with tf.GradientTape() as tape:
        term = model.team_terms("g", model.round(batch).drawn(1))["cycle"]
    ours = tape.gradient(term, variables)
    with tf.GradientTape(persistent=True) as tape:
        first, second = halves()
    both = [tape.gradient(half, variables, unconnected_gradients="zero") for half in (first, second)]
    for got, x, y in zip(ours, *both, strict=True):
        np.testing.assert_allclose(got, 10.0 * (x + y), rtol=1e-3, atol=1e-5)
    assert all(any(float(tf.reduce_max(tf.abs(g))) > 0 for g in part) for part in both)


def test_two_replicas_agree_with_one(tmp_path):
    python("tests.models.games_script", tmp_path)
    for game in ("gan", "ac_gan", "pix2pix", "mixgan", "chekhov"):
        one, two = (np.load(tmp_path / f"{game}-{devices}.npz") for devices in (1, 2))
        assert one.files == two.files
        for name in one.files:
            np.testing.assert_allclose(two[name], one[name], rtol=1e-5, atol=2e-6, err_msg=f"{game} {name}")


def test_bad_input_is_told_in_one_line_before_training(playing):
    model = playing("projection")
    data = GAMES["projection"].data
    for bad, message in [
        (data[0], "wants batches of .samples, labels."),
        ((data[0], data[1] + 1), r"wanted labels in \[0, 3\), got 3"),
        ((data[0], data[1] + 0.5), "wanted integer labels"),
    ]:
        with pytest.raises(kgan.checks.InputError, match=message):
            model.fit(tf.data.Dataset.from_tensor_slices(bad).batch(4), verbose=0)
    with pytest.raises(kgan.checks.InputError, match=r"labels: wanted labels in \[0, 3\), got 7"):
        model.sample(2, labels=7)
    with pytest.raises(kgan.checks.InputError, match="labels: this generator is unconditional"):
        playing("gan").sample(2, labels=1)
    with pytest.raises(kgan.checks.InputError, match=r"images: wanted pictures of shape \(8, 8, 1\), got"):
        playing("pix2pix").sample(1, images=np.zeros((1, 9, 8, 1)))
    with pytest.raises(kgan.checks.InputError, match=r"data: wanted pictures of shape \(8, 8, 1\), got \(4, 9, 8, 1\)"):
        pair = {"a": np.zeros((4, 9, 8, 1), "float32"), "b": images()[:4]}
        playing("pix2pix").fit(tf.data.Dataset.from_tensors(pair), verbose=0)
    with pytest.raises(kgan.checks.InputError, match="images: this generator wants images, got none"):
        playing("cyclegan").sample(1)
    with pytest.raises(kgan.checks.InputError, match=r"discriminator: .* is given samples \(8, 8, 1\), but it takes"):
        critic = kgan.networks.mlp_discriminator((4, 4, 1), width=4)
        kgan.GAN(kgan.networks.mlp_generator((8, 8, 1), 4, width=4), critic, latent_dim=4)


@pytest.mark.parametrize("game", ["cyclegan", "pix2pix"])
def test_two_pictures_of_any_usual_form(game):
    model, (a, b) = made(GAMES[game]), np.zeros((2, 4, 8, 8, 1), "float32")
    for batch in ({"a": a, "b": b}, (a, b), ({"a": a, "b": b},), ((a, b),)):
        model.check_batch(batch)
    for x, y in (({"a": a, "b": b}, None), ((a, b), None), (a, b)):  # arrays, as fit is given them
        model.check_batch(batches.feed(x, y, batch_size=2).first)


def test_a_gan_with_a_condition_of_ones_own():
    """Labels as such a condition are what `ConditionalGAN` makes of them; a judge of samples alone is not told."""
    named = made(GAMES["projection"])
    own = kgan.GAN(named.generator, named.discriminator, 4, conditions={"labels": kgan.priors.Labels(3)})
    own.compile(ema_decay=None)
    batch = next(iter(dataset(GAMES["projection"])))
    for objective in ("discriminator_objective", "generator_objective"):
        a, b = (float(getattr(game, objective)(game.round(batch))[0]) for game in (named, own))
        assert a == pytest.approx(b, rel=1e-6)
    np.testing.assert_allclose(
        own.sample(3, labels=[0, 1, 2]), named.sample(3, average=False, labels=[0, 1, 2]), atol=1e-6
    )
    for bad, message in [
        (batch[0], r"batches of \(samples, labels\), 'labels' is not in samples alone"),
        ((batch[0], {"classes": batch[1]}), r"'labels' is not in \['classes'\]"),
        ((batch[0], batch[1] + 3), r"wanted labels in \[0, 3\)"),
    ]:
        with pytest.raises(kgan.checks.InputError, match=f"^data: .*{message}"):
            own.train_on_batch(bad)

    critic = kgan.networks.mlp_discriminator(own.sample_shape, width=4)
    untold = kgan.GAN(named.generator, critic, 4, conditions={"labels": kgan.priors.Labels(3)})
    assert (own.judge_is_told, untold.judge_is_told) == (True, False)


@pytest.mark.parametrize("form", ["whole", "column", "one_hot"])
def test_labels_of_any_usual_form(form, playing):
    data = GAMES["projection"].data
    forms = {
        "whole": data[1].astype("int64"),
        "column": data[1][:, None],
        "one_hot": keras.utils.to_categorical(data[1]),
    }
    model = playing("projection")
    np.testing.assert_array_equal(model.split((data[0], forms[form]))[1], data[1])


def test_each_judge_has_a_copy_of_a_part_with_state_made_as_the_first(playing):
    model = playing("cyclegan", penalties=["lecam(weight=0.125, start=7)"], augment="ada(target=0.25)")
    first, second = (model.penalties_of[name][0] for name in ("d_a", "d_b"))
    assert first is not second and (second.weight, second.start) == (0.125, 7)
    one, two = (model.augment_of[name] for name in ("d_a", "d_b"))
    assert one is not two and two.target == 0.25
