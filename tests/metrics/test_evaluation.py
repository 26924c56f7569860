import json
import types

import numpy as np
import pytest

from kgan import metrics
from kgan.checks import InputError
from kgan.metrics import evaluation, networks
from kgan.metrics.registry import METRICS
from kgan.metrics.result import Result

random = np.random.default_rng(0)
IMAGES = random.uniform(-1, 1, (400, 16, 16, 1)).astype("float32")
MODES = networks.Modes(np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]]), 1.0)


class Halves(networks.RandomProjection):
    """With two classes: the sign of the first feature."""

    class_names = ("minus", "plus")

    def __call__(self, samples):
        seen, _ = super().__call__(samples)
        return seen, np.eye(2)[(seen[:, 0] > 0).astype(int)]


NETWORK = Halves(8)


def points(n, seed=0, shift=0.0):
    random = np.random.default_rng(seed)
    return (MODES.centres[random.integers(3, size=n)] + random.normal(size=(n, 2)) + shift).astype("float32")


def generator_of(generate):
    """What metrics ask of a sampler."""
    return types.SimpleNamespace(of_latents=generate, latent_dim=2, classes=3)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_tells_another_law_from_the_same_and_has_a_baseline(name):
    """The contract of METRICS."""
    metric = METRICS[name]
    if metric.needs == "modes":
        reals, same, other, network = points(400), points(400, 1), np.full((400, 2), 9.0, "float32"), MODES
    else:
        same = np.random.default_rng(1).uniform(-1, 1, IMAGES.shape).astype("float32")
        other = np.repeat(0.5 * np.abs(same[:1]) + 0.4, 400, 0)  # one, and too bright
        reals, network = IMAGES, NETWORK
    parts = [same], iter(np.split(other, 4))
    if metric.needs == "labels":  # those of the brighter half, which the other law does not know of
        told = lambda x: (x, (x.mean((1, 2, 3)) > 0).astype(int))  # noqa: E731
        reals, parts = [told(IMAGES)], ([told(same)], [(other, np.arange(400) % 2)])
    generator = generator_of(lambda z: np.broadcast_to(z[:, :1, None, None], (len(z), 16, 16, 1)))
    judge = evaluation.Evaluator(reals, network, [name], num=400)
    good, bad = (judge(part, generator=generator) for part in parts)
    assert [r.metric for r in good.results] == [r.metric for r in bad.results]
    for a, b in zip(good.results, bad.results, strict=True):
        assert (a.n_real, a.n_fake, a.network, a.weights) == (400, 400, network.label, "ema")
        assert (a.real is None) == (metric.needs == "generator") and a.better == b.better
        if a.better == "lower":
            assert a.value < b.value
        if a.better == "higher":
            assert a.value > b.value


def test_by_batches_is_as_at_once_and_as_the_functions():
    fakes = points(301, 1).astype("float32")
    names = ["fid", "kid", "precision_recall", "density_coverage"]
    judge = evaluation.Evaluator(points(300), MODES, names, num=300)
    seen, again = judge([fakes]), judge(fakes[i : i + 7] for i in range(0, 301, 7))
    for one, other in zip(seen.results, again.results, strict=True):
        assert one.n_fake == 300 and one.value == pytest.approx(other.value, rel=1e-9)
        assert one.error is other.error or one.error == pytest.approx(other.error, rel=1e-6)
    direct = metrics.precision_recall(points(300), fakes[:300])
    assert seen["fid"].value == pytest.approx(metrics.frechet_distance(points(300), fakes[:300]), rel=1e-9)
    assert (seen["precision"].value, seen["recall"].value) == (direct["precision"], direct["recall"])
    halves = points(300)[::2], points(300)[1::2]
    assert seen["fid"].real == pytest.approx(metrics.frechet_distance(*halves), rel=1e-9)


def test_classes_are_counted():
    seen = evaluation.Evaluator(points(300), MODES, ["modes"], num=300)([MODES.centres[:1].repeat(50, 0)])
    assert seen.classes["names"] == ["mode 0", "mode 1", "mode 2"] and seen.classes["fake"] == [1.0, 0.0, 0.0]
    assert sum(seen.classes["real"]) == pytest.approx(1.0) and seen["modes"].value == 1
    assert seen["high_quality"].real == pytest.approx(0.98889, abs=0.02)


def test_what_the_network_says_of_the_reals_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path))
    network = Halves(8)
    network.costly, calls = True, []
    monkeypatch.setattr(Halves, "__call__", lambda self, x: calls.append(len(x)) or NETWORK_CALL(self, x))
    first = evaluation.Evaluator(IMAGES, network, ["fid", "kid"])([IMAGES[:200]])
    assert sum(calls) == 600
    again = evaluation.Evaluator(IMAGES, network, ["fid", "kid"])([IMAGES[:200]])
    assert sum(calls) == 800 and again == first
    evaluation.Evaluator(IMAGES[:300], network, ["fid"])
    evaluation.Evaluator(IMAGES, Halves(8, seed=1), ["fid"])  # not costly
    assert sum(calls) == 800 + 300 + 400 and len(list(tmp_path.iterdir())) == 2


NETWORK_CALL = Halves.__call__


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": ["fdi"]}, "did you mean 'fid'"),
        ({"metrics": []}, "metrics: wanted one"),
        ({"metrics": ["modes"]}, "known modes"),
        ({"metrics": ["classes"], "network": networks.Raw()}, "network with classes, got 'raw'"),
        ({"metrics": ["ms_ssim"], "reals": points(30)}, "wants images"),
        ({"reals": IMAGES[:0]}, "reals: wanted two"),
        ({"num": 1}, "num: wanted"),
    ],
)
def test_what_cannot_be_measured_is_said_at_once(changes, message):
    settings = {"reals": IMAGES, "network": NETWORK, "metrics": ["fid"]} | changes
    with pytest.raises(InputError, match=message):
        evaluation.Evaluator(**settings)


def test_what_asks_the_generator_is_the_function_and_wants_one():
    judge = evaluation.Evaluator(IMAGES, NETWORK, ["ppl", "fid"])
    generator = generator_of(lambda z: np.broadcast_to(z[:, :1, None, None], (len(z), 16, 16, 1)))
    seen = judge([IMAGES], generator=generator)["ppl"]
    assert seen.value == pytest.approx(metrics.perceptual_path_length(generator.of_latents, NETWORK, 2), rel=1e-3)
    assert seen.error > 0 and judge.directions == {"ppl": None, "fid": "lower"}
    with pytest.raises(InputError, match="'ppl' wants a generator, here are only samples"):
        judge([IMAGES])


def test_fakes_of_another_shape_or_not_finite():
    judge = evaluation.Evaluator(IMAGES, NETWORK, ["fid"])
    with pytest.raises(InputError, match=r"reals' shape \(16, 16, 1\), got \(8, 8, 1\)"):
        judge([IMAGES[:, :8, :8]])
    with pytest.raises(InputError, match="fakes: wanted finite"):
        judge([np.full_like(IMAGES, np.nan)])
    with pytest.raises(InputError, match="reals: wanted finite"):
        evaluation.Evaluator(np.full_like(IMAGES, np.nan), "raw", ["kid"])


def test_moments_are_for_those_who_ask_and_of_what_memory_can_hold():
    large = np.zeros((4, 64, 64, 3), "float32")  # 12,288 features, of which a matrix would take 1.2 GB
    seen = evaluation.Evaluator(large, "raw", ["kid"], num=4).reals
    assert seen.folds == []
    with pytest.raises(InputError, match="fid' wants at most 8192 features, 'raw' has 12288"):
        evaluation.Evaluator(large, "raw", ["fid"], num=4)
    wide = evaluation.Evaluator(random.normal(size=(40, 600)), "raw", ["fid"], num=40)
    assert (
        len(wide._look([(random.normal(size=(40, 600)), None)], evaluation.FOLDS, 40, "fakes").folds) == evaluation.FEW
    )


def test_what_is_known_of_a_perfect_generator_is_told():
    seen = evaluation.Evaluator(points(300), MODES, ["density_coverage", "modes", "fid"], num=300, data="three")
    results = seen([points(200, 1)])
    assert results["coverage"].perfect == metrics.coverage_ceiling(300, 200)
    assert results["modes"].perfect == metrics.mode_ceilings(200, 3)["modes"] and results["fid"].perfect is None
    assert results["fid"].data == "three" and results["fid"].hash == MODES.hash


def test_settings_that_go_with_n_are_the_same_for_half_of_the_reals(monkeypatch):
    used = {"bins": [], "swd": []}
    bins = lambda real, fake, bins: used["bins"].append(bins) or {"ndb_share": 0.0, "js": 0.0}  # noqa: E731
    pyramid = lambda real, fake, patches: used["swd"].append(patches) or {"16": 0.0}  # noqa: E731
    monkeypatch.setattr("kgan.metrics.registry.statistically_different_bins", bins)
    monkeypatch.setattr("kgan.metrics.registry.sliced_wasserstein_pyramid", pyramid)
    many = np.repeat(IMAGES, 3, 0)  # of which half would have more patches each
    judge = evaluation.Evaluator(many, NETWORK, ["bins", "swd"], num=1200)
    judge([many])
    assert [half.total for half in (judge.reals.half(0), judge.reals.half(1))] == [1200, 1200]
    assert used == {"bins": [30, 30], "swd": [83, 83]}


RESULT = Result("fid", 7.3123, "classifier-3f2a", 10000, 5000, "ema", "none", 0.0523, 0.4211, "lower")


def test_a_result_prints_its_protocol():
    assert str(RESULT) == "fid[classifier-3f2a, n_real=10000, n_fake=5000, ema] = 7.312 ± 0.052 (real vs real: 0.4211)"
    resized = Result("kid", -0.0001, "inception-009d", 10, 20, "raw", "tf1-bilinear-299")
    assert str(resized) == "kid[inception-009d, n_real=10, n_fake=20, raw, tf1-bilinear-299] = -0.0001"
    known = Result("modes", 7.0, "modes-3f2a", 10, 20, "ema", real=8.0, perfect=7.9, data="ring")
    assert str(known) == "modes[modes-3f2a, n_real=10, n_fake=20, ema, ring] = 7 (real vs real: 8; perfect: 7.9)"
    for one in (RESULT, known, Result("reverse_kl", np.inf, "modes-3f2a", 10, 20, "ema")):
        assert json.dumps(one.to_json(), allow_nan=False)


def test_what_is_about_classes_is_of_those_that_were_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path))
    network, labels = Halves(8), random.integers(4, size=400)
    network.costly = True  # its features of the reals are kept, with their labels
    fakes, asked = random.uniform(-1, 1, (200, 16, 16, 1)).astype("float32"), np.arange(200) % 4
    for told in (labels, labels, labels[::-1].copy()):
        judge = evaluation.Evaluator([(IMAGES, told)], network, ["cas", "intra_fid"], num=400)
        seen = judge((fakes[i : i + 50], asked[i : i + 50]) for i in range(0, 200, 50))
        features, theirs = network(IMAGES)[0], network(fakes)[0]
        expected = metrics.intra_class_distance(features, told, theirs, asked)
        assert seen["intra_fid"].value == pytest.approx(expected["intra_fid"], rel=1e-6)
        assert seen["cas"].value == metrics.classification_accuracy(theirs, asked, features, told)
        halves = [features[::2], told[::2], features[1::2], told[1::2]]
        assert seen["intra_fid"].real == pytest.approx(metrics.intra_class_distance(*halves)["intra_fid"], rel=1e-6)
    with pytest.raises(InputError, match=r"wanted batches of \(samples, labels\) for these metrics"):
        judge([fakes])
    with pytest.raises(InputError, match="metrics: 'cas' wants reals with labels, got reals alone"):
        evaluation.Evaluator(IMAGES, network, ["cas"])
    with pytest.raises(InputError, match="'cas' wants samples of classes that were asked for, by a conditional game"):
        judge.check_generator(types.SimpleNamespace(classes=None))
