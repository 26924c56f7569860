"""Every penalty that PyTorch can express, on the same weights: the value, and the gradient of each weight."""

import keras
import numpy as np
import pytest

import kgan
from kgan import penalties
from tests.penalties import cases

torch = pytest.importorskip("torch")
F = torch.nn.functional


def tensor(x):
    return torch.tensor(np.asarray(x), dtype=torch.float64)


def run(model, weights, x):
    """The Keras model of dense and strided convolutional layers in PyTorch; `weights` by the variable's path."""
    for layer in model.layers:
        kind = type(layer).__name__
        w = [weights[v.path] for v in layer.trainable_variables]
        if kind == "Dense":
            x = x @ w[0] + w[1]
        elif kind == "Conv2D":
            x = F.conv2d(x.permute(0, 3, 1, 2), w[0].permute(3, 2, 0, 1), w[1], stride=2, padding=1).permute(0, 2, 3, 1)
        elif kind == "LeakyReLU":
            x = F.leaky_relu(x, float(np.float32(0.2)))  # TensorFlow's slope is the float32 nearest to 0.2
        elif kind == "ReLU":
            x = F.relu(x)
        elif kind == "Flatten":
            x = x.flatten(1)
        elif kind == "Reshape":
            x = x.reshape(-1, *layer.target_shape)
        elif kind == "Activation":
            x = torch.tanh(x)
    return x


class Players:
    """The play in PyTorch."""

    def __init__(self, play):
        models = play.discriminator, play.generator
        self.d, self.g = ({v.path: tensor(v).requires_grad_() for v in m.trainable_variables} for m in models)
        self.judge = lambda x: run(play.discriminator, self.d, x)
        self.generate = lambda z: run(play.generator, self.g, z)
        self.play, self.real, self.latents = play, tensor(play.real), tensor(play.latents)
        self.fake = self.generate(self.latents)

    def norms(self, x):
        x = tensor(x.detach()).requires_grad_()
        (gradient,) = torch.autograd.grad(self.judge(x).sum(), x, create_graph=True)
        return gradient.flatten(1).norm(dim=1)


def dragan(p, penalty):
    noise = kgan.random.uniform(p.real.shape, p.play.seed, -1.0, 1.0, dtype="float64")
    noisy = p.real + 0.5 * p.real.std(correction=0) * tensor(noise)
    return 10 * ((p.norms(noisy) - 1) ** 2).mean()


def lipschitz(p, penalty):
    alpha = tensor(kgan.random.uniform([cases.BATCH, 1, 1, 1], p.play.seed, dtype="float64"))
    return 10 * ((p.norms(alpha * p.real + (1 - alpha) * p.fake) - 1).clamp(min=0) ** 2).mean()


def r1_r2(p, penalty):
    return 5 * ((p.norms(p.real) ** 2).mean() + (p.norms(p.fake) ** 2).mean())


def moved(p, penalty, number=None):
    """What the transform makes of the samples: its own test says that it is right."""
    seed = p.play.seed if number is None else kgan.random.fold_in(p.play.seed, number)
    return tensor(penalty.transform(p.play.fake if number == 1 else p.play.real, seed))


def consistency(p, penalty):
    return 10 * F.mse_loss(p.judge(p.real), p.judge(moved(p, penalty)))


def balanced_consistency(p, penalty):
    on_reals = F.mse_loss(p.judge(p.real), p.judge(moved(p, penalty, 0)))
    return 10 * on_reals + 10 * F.mse_loss(p.judge(p.fake.detach()), p.judge(moved(p, penalty, 1)))


def near(p):
    return p.latents + 0.05 * tensor(kgan.random.normal(p.latents.shape, p.play.seed, dtype="float64"))


def latent_consistency_d(p, penalty):
    return 20 * F.mse_loss(p.judge(p.fake), p.judge(p.generate(near(p))))


def latent_consistency_g(p, penalty):
    return -0.5 * F.mse_loss(p.fake, p.generate(near(p)))


def lecam(p, penalty):
    real_anchor, fake_anchor = (float(v) for v in penalty.variables)
    return 0.3 * (((p.judge(p.real) - fake_anchor) ** 2).mean() + ((p.judge(p.fake) - real_anchor) ** 2).mean())


def orthogonal(weights):
    total = 0.0
    for path, w in weights.items():
        if path.endswith("kernel"):
            gram = w.flatten(0, -2).T @ w.flatten(0, -2)
            total = total + ((gram * (1 - torch.eye(len(gram)))) ** 2).sum()
    return 1e-4 * total


def path_length(p, penalty):
    z = (p.latents[::2] if p.play.given is None else p.latents).clone().requires_grad_()
    x = p.generate(z)
    y = tensor(kgan.random.normal(x.shape, p.play.seed, dtype="float64")) / 8.0
    (gradient,) = torch.autograd.grad((x * y).sum(), z, create_graph=True)
    return 4 * 2 * ((gradient.norm(dim=1) - float(penalty.mean)) ** 2).mean()


def feature_matching(p, penalty):
    class Features:
        layers = p.play.discriminator.layers[:-1]

    features = lambda x: run(Features, p.d, x).mean(0)  # noqa: E731
    return ((features(p.real) - features(p.fake)) ** 2).sum()


def classification(p, *samples):
    class Features:
        layers = [layer for layer in p.play.discriminator.layers if not isinstance(layer, keras.layers.Dense)]

    head = next(layer for layer in p.play.discriminator.layers if getattr(layer, "units", None) == cases.CLASSES)
    kernel, bias = (p.d[v.path] for v in head.trainable_variables)
    labels = torch.tensor(cases.LABELS)
    return sum(F.cross_entropy(run(Features, p.d, x) @ kernel + bias, labels) for x in samples)


def drift(p, penalty):
    return 0.5 * (p.judge(p.real) ** 2).mean()


def information(p, penalty):
    class Features:
        layers = [layer for layer in p.play.discriminator.layers if not isinstance(layer, keras.layers.Dense)]

    guess = next(layer for layer in p.play.discriminator.layers if getattr(layer, "units", None) == cases.LATENT_DIM)
    kernel, bias = (p.d[v.path] for v in guess.trainable_variables)
    said = run(Features, p.d, p.fake) @ kernel + bias
    return 0.5 * 0.5 * ((p.latents - said) ** 2).sum(1).mean()


EXPRESSED = {
    ("drift(weight=0.5)", "d"): drift,
    ("information(continuous=0.5)", "d"): information,
    ("information(continuous=0.5)", "g"): information,
    ("dragan", "d"): dragan,
    ("lipschitz", "d"): lipschitz,
    ("r1_r2", "d"): r1_r2,
    ("consistency", "d"): consistency,
    ("balanced_consistency", "d"): balanced_consistency,
    ("latent_consistency", "d"): latent_consistency_d,
    ("latent_consistency", "g"): latent_consistency_g,
    ("lecam", "d"): lecam,
    ("orthogonal(network='both')", "d"): lambda p, penalty: orthogonal(p.d),
    ("orthogonal(network='both')", "g"): lambda p, penalty: orthogonal(p.g),
    ("path_length", "g"): path_length,
    ("feature_matching", "g"): feature_matching,
    ("classification", "d"): lambda p, penalty: classification(p, p.real, p.fake),
    ("classification", "g"): lambda p, penalty: classification(p, p.fake),
}


@pytest.mark.parametrize(("name", "player"), EXPRESSED)
def test_values_and_gradients_equal_pytorchs(name, player):
    keras.config.set_floatx("float64")
    judge = cases.NETWORKS["dcgan"][0](**cases.settings_for(name))
    judge = cases.guessing(judge) if name.startswith("information") else judge
    play = cases.played(judge, cases.NETWORKS["mlp"][1]())
    penalty = cases.made(name)
    ours, gradients = cases.value_and_gradients(penalty, player, play)

    players = Players(play)
    theirs = EXPRESSED[name, player](players, penalty)
    assert float(ours) == pytest.approx(theirs.item(), rel=1e-7) and abs(float(ours)) > 1e-5
    theirs.backward()
    weights = players.d if player == "d" else players.g
    for v, mine in zip(cases.variables(player, play), gradients, strict=True):
        other = weights[v.path].grad
        other = np.zeros(v.shape) if other is None else other.numpy()
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-9)


def test_every_penalty_is_expressed():
    """The rest (WGAN-GP, R1, R2) are in test_torch.py."""
    assert {name.split("(")[0] for name, _ in EXPRESSED} | {"gradient_penalty", "r1", "r2"} == set(penalties.PENALTIES)
