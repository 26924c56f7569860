import keras
import numpy as np
import pytest

import kgan
from kgan import pictures
from kgan.metrics.result import Evaluation, Result
from kgan.runs import alarms, collapse, equilibrium, evaluations, samples
from kgan.sampling import Sampler

EPOCHS = 6


@pytest.fixture(scope="session")
def reals():
    return np.tanh(np.random.default_rng(0).normal(size=(300, 8, 8, 1))).astype("float32")


@pytest.fixture(scope="session")
def generator():
    keras.utils.set_random_seed(0)
    return Sampler.of(kgan.networks.dcgan_generator((8, 8, 1), latent_dim=4, width=4), 4, sample_shape=(8, 8, 1))


@pytest.fixture(scope="session")
def run(tmp_path_factory, generator):
    """A folder with all that the callbacks of a run of six epochs keep, but checkpoints; look, do not touch."""
    folder = tmp_path_factory.mktemp("runs") / "digits <1>"
    logs = ["epoch,step,d_loss,g_loss,d_grad_norm,fid,r1,r_t"]
    logs += [f"{i},{10 * i},{1 / i},{i / 10},{2.0**i},{'' if i % 2 else 90 / i},1,0.5" for i in range(1, EPOCHS + 1)]
    folder.mkdir()
    (folder / "logs.csv").write_text("\n".join(logs) + "\n")
    for epoch in range(1, EPOCHS + 1):
        path = samples.path(folder, epoch)
        pictures.write_png(path, pictures.grid(generator.sample(16, seed=epoch)))
    for epoch in (2, 4, 6):
        values = {"network": "classifier-3f2a", "n_real": 1000, "n_fake": 1000, "weights": "ema"}
        fid = Result("fid", value=90 / epoch, error=0.5, real=0.42, better="lower", perfect=0.125, **values)
        found = Result("classes", value=10.0, real=10.0, better="higher", **values)
        classes = {"names": list("0123456789"), "real": [0.1] * 10, "fake": [0.05] * 5 + [0.15] * 5}
        evaluations.record(folder, Evaluation([fid, found], classes, epoch, 10 * epoch))
    rows = [{"step": 20 * i} | dict.fromkeys(
        ("field_norm", "d_norm", "g_norm", "rotation", "lipschitz", "d_accuracy_real", "d_accuracy_fake",
         "update_cosine"), 0.5 / i) | {"diagnosis": "rotating"} for i in (1, 2, 3)]  # fmt: skip
    equilibrium.write(folder, rows)
    figures = dict.fromkeys(("diversity_pixels", "diversity_features", "coverage", "separation"), 0.2)
    rows = [{"step": 20 * i, **figures, "classes": float("nan"), "wrong": i} for i in (1, 2, 3)]
    collapse.write(folder, rows)
    alarm = {"step": 60, "action": "Training goes on", "seen": ["samples are 20% as diverse as reals in pixels"]}
    alarm |= {"try": "r1(gamma=1)", "figures": figures}
    alarms.write(folder, [alarm])
    return folder
