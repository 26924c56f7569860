"""What the fuzzer makes up, and how it judges: accepted, refused in one line, or neither.

A *kind* of input has a Hypothesis strategy and a function that plays an example in a folder of its own. Whatever
that raises but an `InputError` of one line is "neither", and so is a refusal that leaves a file behind.
"""

import contextlib
import dataclasses
import functools
import inspect
import io
import os
import pathlib
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from hypothesis import strategies as st
from PIL import Image

import kgan
from kgan import data, spec
from kgan.augment import AUGMENTATIONS
from kgan.checks import LONGEST, InputError
from kgan.commands import COMMANDS, main, run
from kgan.losses import LOSSES
from kgan.metrics.result import Evaluation, Result
from kgan.penalties import PENALTIES
from kgan.runs import Run, alarms, collapse, equilibrium, evaluations, logs
from kgan.updates import UPDATES

ACCEPTED, REFUSED = "accepted", "refused in one line"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of input: its examples, and `play(example, folder)`, which raises an `InputError` to refuse."""

    examples: st.SearchStrategy
    play: Callable[[Any, pathlib.Path], None]


def judge(kind: Kind, example: Any, folder: pathlib.Path) -> str:
    """The verdict on an example; raises for what is neither."""
    try:
        kind.play(example, folder)
    except InputError as error:
        line = str(error)
        if not line or len(line.splitlines()) != 1 or len(line) > LONGEST + 10:
            raise AssertionError(f"wanted one line, got {line!r}") from error
        return REFUSED
    return ACCEPTED


# Part strings: a table's names and the arguments that they take, with values that are mostly odd.

LITERALS = (
    "0 1 2 100 -1 0.5 -0.5 -0.0 1.5 1e-30 1e30 1e300 1e999 -1e999 9999999999999999999999 True False None 'x' '' "
    "'shift' 'both' 'kl' 'color' 'bgc' [] [1,2] (0.7,1.0) (1.0,0.7) (True,1) (None,1) {} {'a':1} {1} 1j ... b'x' nan "
    "inf x hinge alternating shift r1() -x [x] *[1] 1if(1)else(2) lambda:1 f'x'"
)
MANGLES = [
    lambda text, at: text[:at] + text[at + 1 :],
    lambda text, at: text[:at] + text[at:] * 2,
    lambda text, at: text[:at] + "\n" + text[at:],
    lambda text, at: f" {text}\t\n",
    lambda text, at: text[:at] + "(" + text[at:],
    lambda text, at: text[:at] + "\0" + text[at:],
    lambda text, at: text[:at] + "é∞'" + text[at:],
    lambda text, at: text.replace(")", ", **{})"),
    lambda text, at: (text + "(") * at + ")" * at,
    lambda text, at: text * (1 + 10 * at),
]


def _arguments(factory: Callable) -> list[str]:
    try:
        return [name for name in inspect.signature(factory).parameters if name not in ("args", "kwargs")]
    except ValueError:
        return []


def parts(table: dict) -> st.SearchStrategy[str]:
    """Strings that name a part of the table, or nearly."""

    def call(name: str, inner: st.SearchStrategy) -> st.SearchStrategy[str]:
        values = st.sampled_from(LITERALS.split()) | inner
        known = st.sampled_from([*_arguments(table[name]), "nonsense"])
        keyword = st.builds("{}={}".format, known, values)
        arguments = st.lists(keyword, max_size=3) | st.lists(values | keyword, max_size=3)
        return st.builds(lambda args: f"{name}({', '.join(args)})", arguments)

    names = st.sampled_from(sorted(table))
    whole = names | st.recursive(names, lambda inner: names.flatmap(lambda name: call(name, inner)), max_leaves=6)
    mangled = st.builds(lambda text, mangle, at: mangle(text, at), whole, st.sampled_from(MANGLES), st.integers(0, 30))
    return whole | whole | whole | mangled | st.text(max_size=20)


def _compiled(**settings: Any) -> kgan.GAN:
    gan = kgan.GAN(*_networks(), latent_dim=2)
    gan.compile(**settings)
    return gan


_SHAPE = (8, 8, 1)
_MADE = {}


def _networks() -> tuple:
    """A tiny generator of images and its discriminator, made once."""
    if not _MADE:
        _MADE["networks"] = (
            kgan.networks.mlp_generator(_SHAPE, 2, width=2, depth=1),
            kgan.networks.mlp_discriminator(_SHAPE, width=2, depth=1),
        )
    return _MADE["networks"]


def _play_part(argument: str) -> Callable:
    """Compiles with the part, and asks both players what they want: a part that is accepted can be used."""

    def play(text: str, folder: pathlib.Path) -> None:
        gan = _compiled(**{argument: [text] if argument == "penalties" else text})
        round = gan.round(tf.zeros((4, *_SHAPE)), lazy=False)
        gan.discriminator_objective(round.drawn(0))
        gan.generator_objective(round.drawn(1))

    return play


def _play_meaning(pair: tuple[str, str], folder: pathlib.Path) -> None:
    for one in pair:
        spec.resolve("loss", one, dict.fromkeys([*LOSSES, *PENALTIES], lambda *args, **more: print))
        assert spec.same(one, f" {one}\n") and spec.same(one, one)
    assert spec.same(*pair) == spec.same(*reversed(pair))


# Settings in Python: what compile, load and sample are given.

NUMBERS = [True, False, 0, 1, 2, -1, 10**6, 2**31, 10**30, 0.0, 0.5, 1.0, -0.5, 1e300, float("nan"), float("inf"), 1j]
OBJECTS = [np.float32(0.5), np.int64(3), np.zeros(0), np.zeros((40, 40)), kgan.losses.Hinge(), kgan.penalties.R1()]
SCHEDULES = [kgan.schedules.Linear(0.9, 0.5, 3), kgan.schedules.AdaptiveSteps(), kgan.schedules.RateBalance()]
ODD = st.sampled_from(
    [*NUMBERS, *OBJECTS, *SCHEDULES, None, "", "x", "1", b"x", [], [1], (1, 2), {}, {"a": 1}, int, len]
)
SETTINGS = [name for name in inspect.signature(kgan.GAN.compile).parameters if name not in ("self", "d_optimizer")]


def _play_settings(settings: dict, folder: pathlib.Path) -> None:
    gan = _compiled(**settings)
    gan.round(tf.zeros((4, *_SHAPE)))


# Batches: what fit is given.

ARRAYS = st.builds(
    lambda shape, dtype, value: np.full(shape, value).astype(dtype),
    st.sampled_from([(), (0,), (4,), (8, 8, 8, 1), (0, 8, 8, 1), (8, 8, 8), (8, 8, 8, 3), (8, 2), (3, 9, 8, 1)]),
    st.sampled_from(["float32", "float64", "float16", "uint8", "int64", "bool", "complex64", "object", "U3"]),
    st.sampled_from([0, 1, -1, 0.5, 255, float("nan"), float("inf")]).filter(np.isfinite) | st.just(0.25),
)
DAMAGED = st.sampled_from([np.full((8, 8, 8, 1), value, "float32") for value in (np.nan, np.inf, 7.0)])
WHOLE = st.sampled_from([np.full((8, 8, 8, 1), 0.5, "float32"), np.zeros((8, 4, 6, 3), "uint8"), np.ones((8, 2))])
BATCHES = st.recursive(
    ARRAYS | DAMAGED | WHOLE | ODD,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.tuples(inner, inner)
        | st.tuples(inner, inner, inner)
        | st.dictionaries(st.sampled_from(["a", "images", 1]), inner, max_size=2)
    ),
    max_leaves=3,
)


def _play_batches(example: tuple, folder: pathlib.Path) -> None:
    x, as_dataset, more = example
    if as_dataset:
        try:
            x = tf.data.Dataset.from_tensors(x)
        except (TypeError, ValueError, tf.errors.OpError):
            raise InputError("no dataset can be made of it") from None
    if "gan" not in _MADE:
        _MADE["gan"] = _compiled()
    _MADE["gan"].fit(x, verbose=0, **{"epochs": 0, **more})


# npz files.

NAMES = st.sampled_from(["images", "x", "x_train", "x_test", "labels", "y", "y_train", "odd", "é", ""])


DAMAGES = st.sampled_from([None, None, "cut", "byte", "zero", "more"])


def _npz(example: tuple) -> bytes:
    arrays, damage, at = example
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=True)
            archive.writestr(f"{name}.npy", member.getvalue())
    return _damaged(stream.getvalue(), damage, at)


def _damaged(content: bytes, damage: str | None, at: int) -> bytes:
    place = at % max(len(content), 1)
    match damage:
        case "cut":
            return content[:place]
        case "byte":
            return content[:place] + b"\xff" + content[place + 1 :]
        case "zero":
            return content[:place] + bytes(20) + content[place + 20 :]
        case "more":
            return content + b"x" * at
    return content


@functools.cache
def run_files() -> dict[str, bytes]:
    """What a run's folder may hold, by name."""
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        names = [
            "field_norm",
            "d_norm",
            "g_norm",
            "rotation",
            "lipschitz",
            "d_accuracy_real",
            "d_accuracy_fake",
            "r_t",
            "update_cosine",
        ]
        row = {"step": 10, **dict.fromkeys(names, 0.5), "diagnosis": "rotating"}
        equilibrium.write(folder, [row | {"eigenvalue_real": 0.1, "eigenvalue_imag": 0.2}])
        figures = dict.fromkeys(("diversity_pixels", "diversity_features", "classes", "coverage", "separation"), 0.5)
        collapse.write(folder, [{"step": 250, **figures, "wrong": 0}])
        alarm = {"action": "Training goes on", "seen": ["x"], "try": "y", "figures": figures}
        alarms.write(folder, [{"step": 500, **alarm}])
        fid = Result("fid", 9.0, "raw", 100, 100, "ema", error=0.5, real=0.4, better="lower")
        evaluations.record(folder, Evaluation([fid], None, 1, 10))
        logs.write(folder, [{"epoch": 1, "step": 10, "d_loss": 0.5}, {"epoch": 2, "step": 20, "d_loss": 0.25}])
        texts = {path.name: path.read_bytes() for path in folder.iterdir()}
    flags = b"--preset=gan\n--dataset=digits\n--batch_size=64\n--nojit_compile\n--penalty=r1(gamma=1)\n"
    place = b'{"epoch": 1, "step": 0, "totals": {"d_loss": 1.0}, "weights": "ema", "signature": {"optimizers": {}, '
    return {**texts, "flags.txt": flags, "checkpoints/step-00000010/progress.json": place + b'"variables": []}}'}


EDITS = st.sampled_from(
    [(b"", b""), (b"1", b"-1"), (b"0.5", b"1e999"), (b":", b""), (b",", b";"), (b"\n", b""), (b"e", b"{")]
)


def _play_run(example: tuple, folder: pathlib.Path) -> None:
    """All that reads a run's folder, in which one file was edited and then damaged."""
    name, (old, new), damage, at = example
    for file, content in run_files().items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_damaged(content.replace(old, new, 1), damage, at) if file == name else content)
    run, refused = Run(folder), []
    for read in (
        run.flags,
        run.logs,
        run.equilibrium,
        run.collapse,
        run.alarms,
        run.evaluations,
        run.newest,
    ):
        try:
            read()
        except InputError as error:
            assert str(folder) in str(error), f"{error} names no file"
            refused.append(error)
    if refused:
        raise refused[0]


def _play_npz(example: tuple, folder: pathlib.Path) -> None:
    content, options = example
    path = folder / "made.npz"
    path.write_bytes(_npz(content))
    for batch in data.load(f"npz:{path}", **options).take(1):
        tf.nest.map_structure(np.asarray, batch)


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "split": st.sampled_from(["train", "test", "", "train[:1]", "x"]),
        "batch_size": st.sampled_from([1, 2, 8, 0, -1, 10**9, 2**70, 1.5, "x", True]),
        "resolution": st.sampled_from([1, 4, 8, 0, -3, 10**5, 10**12, 2.0, None, "4x8", "x", (2, 3), (2,), [[1]]]),
        "labels": st.booleans(),
        "seed": st.sampled_from([0, 1, -1, 2**31, 2**70, 0.5, None]),
        "shuffle": st.booleans(),
    },
)


# Pictures: files of a folder, or of two, with names and contents that are mostly odd.

FORMATS = (*["PNG"] * 6, "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
FILES = st.tuples(
    st.sampled_from(["a", "b", "b", "cat/a", "cat/b", "dog/a", "dog/x/a", ".hidden/a", "\udcff", "é", "a b\n"]),
    st.sampled_from([".png", ".jpg", ".JPEG", ".gif", ".tif", ".webp", ".txt", ""]),
    st.sampled_from(FORMATS),
    st.sampled_from(["RGB", "RGB", "L", "RGBA", "LA", "P", "1", "CMYK", "I;16", "I", "F"]),
    st.sampled_from([(4, 4), (4, 4), (8, 4), (1, 1), (1, 9), (7, 5)]),
    st.integers(1, 8),  # EXIF's orientation
    st.just(None) | st.just(None) | DAMAGES,
    st.integers(0, 3000),
)


def _play_pictures(example: tuple, folder: pathlib.Path) -> None:
    kind, files, options = example
    for name, suffix, format, mode, size, orientation, damage, at in files:
        content, exif = io.BytesIO(), Image.Exif()
        exif[274] = orientation
        with contextlib.suppress(OSError, ValueError):  # formats do not write every mode: an empty file
            Image.new(mode, size).save(content, format, exif=exif)
        path = folder / f"{name}{suffix}"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(_damaged(content.getvalue(), damage, at))
    os.environ["KGAN_CACHE"] = str(folder / ".cache")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for batch in data.load(kind.format(folder), **options).take(1):
                tf.nest.map_structure(np.asarray, batch)
    finally:
        del os.environ["KGAN_CACHE"]


PICTURES = ["images:{}", "images:{}", "images:{}", "pairs:{}", "pairs:{0}/cat,{0}/dog", "domains:{0}/cat,{0}/dog"]


# Command lines. What is accepted goes no further than to where time would be spent.

WORDS = (
    "0 1 2 3 8 -1 1.5 x nan inf 1e999 99999999999 ~ true no é \udcff digits ring grid npz:absent.npz npz: npz:. "
    "images: images:absent images:. tfds:mnist:9.9.9 tfds: tfds:../x fashion_mnist gan wgan sngan r3gan mlp dcgan "
    "sagan mirrored multi_worker one auto off warn rollback fid fid,kid modes ppl , raw classifier inception(path='x') "
    "application('x') there there/file file new new/deep a.png there.png a.json mixed_float16 float32"
)
VALUES = st.sampled_from([*WORDS.split(), "", " ", "ring ", "a\nb", "a\0b", "9" * 30, "9" * 5000])
POSITIONAL = st.sampled_from(["", "x", "import", "dirac", "there", "file", "--", "-", "---", "-x", "--=", "\udcff"])
TABLES = {"loss": LOSSES, "penalty": PENALTIES, "update": UPDATES, "augment": AUGMENTATIONS}
TABLES |= dict.fromkeys(("d_optimizer", "g_optimizer"), run.OPTIMIZERS)


def _flags(command: str) -> st.SearchStrategy[list[str]]:
    values = __import__(f"kgan.commands.{command}", fromlist=["FLAGS"]).FLAGS
    flag = st.sampled_from([*values, "nonsense", "run_dirr"]).flatmap(
        lambda name: st.builds(f"--{name}={{}}".format, parts(TABLES[name]) if name in TABLES else VALUES)
    )
    mostly = st.just(["--dataset=ring", "--run_dir=run", "--width=2"]) if command == "train" else st.just([])
    loose = st.lists(flag | flag | flag | POSITIONAL, max_size=4)
    return st.builds(lambda first, more: [command, *first, *more], mostly, loose)


LINES = st.sampled_from(sorted(COMMANDS)).flatmap(_flags) | _flags("train") | st.lists(POSITIONAL, max_size=3)


def _play_line(argv: list[str], folder: pathlib.Path) -> None:
    (folder / "there").mkdir()
    (folder / "there.png").mkdir()
    (folder / "file").write_text("text\n")
    (folder / "there" / "file").write_bytes(b"\xff\0")
    with _at(folder), _stopped() as (out, err):
        before = listing(folder)
        status = main(argv)
    lines = err.getvalue().splitlines()
    assert status in (0, 2, 130), (status, lines)
    if status == 2:
        assert lines and all(line.startswith("kgan") for line in lines), lines
        assert not out.getvalue() or argv[0] == "train", out.getvalue()  # the summary, before what fit refuses
        assert listing(folder) == before, set(listing(folder)) ^ set(before)
        raise InputError(lines[-1])


def listing(folder: pathlib.Path) -> list[str]:
    """All that is in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@contextlib.contextmanager
def _at(folder: pathlib.Path):
    before = pathlib.Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
        keras.config.set_dtype_policy("float32")


class _Stop(Exception):
    """Here time would be spent."""


@contextlib.contextmanager
def _stopped():
    """stdout and stderr of commands that end where training, a study or a download would begin."""

    def stop(*args: Any, **more: Any) -> None:
        raise KeyboardInterrupt  # which main tells quietly

    places = [(kgan.fit.FitLoop, "_play"), (data.registry, "records")]
    from kgan.studies import bilinear, dirac, runner

    places += [(bilinear, "run"), (dirac, "run"), (runner, "run")]
    kept = [(place, name, getattr(place, name)) for place, name in places]
    out, err = io.StringIO(), io.StringIO()
    try:
        for place, name in places:
            setattr(place, name, stop)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield out, err
    finally:
        for place, name, value in kept:
            setattr(place, name, value)


KINDS = {
    **{f"part: {name}": Kind(parts(TABLES[name]), _play_part(name)) for name in ("loss", "update", "augment")},
    "part: penalty": Kind(parts(PENALTIES), _play_part("penalties")),
    "part: optimizer": Kind(parts(run.OPTIMIZERS), lambda text, _: run._optimizer("d_optimizer", text) and None),
    "meaning": Kind(st.tuples(parts(LOSSES), parts(PENALTIES)), _play_meaning),
    "settings": Kind(st.dictionaries(st.sampled_from(SETTINGS), ODD, min_size=1, max_size=2), _play_settings),
    "batches": Kind(
        st.tuples(
            BATCHES,
            st.booleans(),
            st.just({})
            | st.dictionaries(
                st.sampled_from(["batch_size", "epochs", "steps_per_epoch", "initial_epoch", "validation_data"]), ODD
            ),
        ),
        _play_batches,
    ),
    "npz": Kind(
        st.tuples(
            st.tuples(
                st.dictionaries(NAMES, ARRAYS | DAMAGED | WHOLE, max_size=3) | st.fixed_dictionaries({"x": WHOLE}),
                DAMAGES,
                st.integers(0, 5000),
            ),
            st.just({}) | OPTIONS,
        ),
        _play_npz,
    ),
    "pictures": Kind(
        st.tuples(
            st.sampled_from(PICTURES), st.lists(FILES, min_size=1, max_size=4), st.just({}) | st.just({}) | OPTIONS
        ),
        _play_pictures,
    ),
    "run files": Kind(
        st.tuples(st.sampled_from(sorted(run_files())), EDITS, DAMAGES, st.integers(0, 300)),
        _play_run,
    ),
    "command line": Kind(LINES, _play_line),
}


def clean(folder: pathlib.Path) -> pathlib.Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
