"""kgan train --run_dir=DIR [flags]

Trains a GAN on a data set and keeps the run's folder:

  flags.txt      what was asked for: kgan train --flagfile=DIR/flags.txt repeats it
  logs.csv       a row an epoch; curves.png draws it, and tensorboard --logdir=DIR/logs shows it
  samples/       pictures of the same latents as training goes on
  checkpoints/   the whole state: the same command goes on from the newest, to the same end
  collapse.csv   how diverse the samples are beside reals; alarms.jsonl, what was wrong with them; with
                 --alarm=rollback, good/ is the checkpoint of the last look at which nothing was
  evaluations.jsonl, best/   with --metrics: their values with the protocol, and the best epoch's checkpoint
  equilibrium.csv  with --equilibrium_every: gradient norms, rotation, the discriminator's slope, a diagnosis
  saved_model/   the averaged generator as a SavedModel, a new version whenever training has advanced
  report.html    all of this on one page, which needs no network

A flag that is not given is as the preset has it. A run is a function of its flags.

Examples:
  kgan train --dataset=digits --run_dir=runs/digits --epochs=40
  kgan train --preset=sngan --dataset=fashion_mnist --run_dir=runs/sn --d_optimizer="adam(learning_rate=4e-4, beta_1=0)"
  kgan train --dataset=ring --run_dir=runs/ring --penalty="r1(gamma=1)" --update=simultaneous
"""

import contextlib
import functools
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from kgan.checks import InputError
from kgan.commands import define, no_arguments
from kgan.commands.quiet import quiet
from kgan.runs import ensemble as ensemble_file
from kgan.runs import flags as flagfile
from kgan.runs import lock

if TYPE_CHECKING:
    import tensorflow as tf

    from kgan.fit import Progress
    from kgan.models.base import GameModel

FLAGS = flags.FlagValues()
_text = functools.partial(define.text, flag_values=FLAGS)
_part = functools.partial(define.part, flag_values=FLAGS)
_path = functools.partial(define.path, flag_values=FLAGS)
_whole = functools.partial(define.whole, flag_values=FLAGS)
_enum = functools.partial(flags.DEFINE_enum, flag_values=FLAGS)
_CALL = 'a name, or a call as in Python: "{}"'

_path("run_dir", None, "The run's folder. One that holds a run goes on with it.", required=True)
_text(
    "preset",
    "gan",
    "gan, wgan, wgan_gp, sngan, lsgan, sagan, dragan, ragan, fgan or r3gan: a paper's settings; conditional or ac_gan, "
    "on labelled data; cyclegan, on domains:A,B; pix2pix, on pairs:DIR; progressive or stylegan2_ada, on images; "
    "multi_discriminator, d2gan, packed, mixgan or chekhov: against mode collapse.",
)
_text(
    "dataset",
    "digits",
    "digits, stacked_digits, fashion_mnist, mnist, tfds:NAME, images:DIR, tfrecord:DIR, npz:FILE, ring or grid.",
)
_path("data_dir", None, "Where tensorflow-datasets keeps its files.")
_text("resolution", None, "The images' side, or HEIGHTxWIDTH, 64x96, say; default: the data set's own.")
_whole("epochs", 20, "Train up to this epoch.", least=1)
_whole("steps_per_epoch", None, "Rounds in an epoch; default: as many as the data has batches for.", least=1)
_whole("batch_size", 64, "Real samples in a batch, over all devices.", least=1)
_whole("seed", 0, "Of the first weights, the order of the data and every draw.", least=0)
_part(
    "ensemble",
    None,
    "Several generators, each in a folder of its own in run_dir: independent(members=4, processes=1), "
    "snapshots(members=4), cascade(members=4, share=0.5) or adagan(members=4).",
)
_path("rows", None, "FILE.npy: train on these samples of the data, by their places, each as often as it is there.")
_enum(
    "strategy",
    "auto",
    ["auto", "one", "mirrored", "multi_worker", "tpu"],
    "The devices to train on; auto: all machines that TF_CONFIG, SLURM or Kubernetes tell of, else all GPUs.",
)
_whole("start_timeout", 300, "Seconds to wait for the other machines.", least=1)
_text(
    "network",
    None,
    "mlp, dcgan, sngan, sagan or r3gan, or FILE.py with functions generator(shape, ...) and discriminator(shape, ...) "
    "of your own; default: mlp for points, the preset's own, else dcgan.",
)
_whole("width", None, "Channels (units) of the networks; default: their builders'.", least=1)
_whole("d_width", None, "Those of the discriminator alone; default: as the generator's.", least=1)
_whole("latent_dim", None, "Dimension of the latents; default: the generator's builder's.", least=1)
_whole(
    "num_discriminators", None, "Of --preset=multi_discriminator, default 2, or mixgan, default 3.", least=1, most=100
)
_whole("num_generators", None, "Of --preset=mixgan; default 3.", least=2, most=100)
_whole("pack", None, "Samples side by side before the discriminator, with --preset=packed; default 2.", least=1)
_enum("policy", "float32", ["float32", "mixed_bfloat16", "mixed_float16"], "Precision of the networks.")

_part("loss", None, "The loss: " + _CALL.format("least_squares(a=-1, b=1, c=0)"))
_penalties = "A penalty on the discriminator: " + _CALL.format("r1(gamma=10, interval=16)")
define.parts("penalty", _penalties, FLAGS)
_part("update", None, "How the players move: a name or a call, alternating or simultaneous, say.")
_part("augment", None, "What the discriminator sees: color,translation,cutout (DiffAugment), ada or apa, or a call.")
_whole("n_critic", None, "Discriminator steps a round.", least=1, most=1000)
_part("d_optimizer", None, "The discriminator's optimizer: " + _CALL.format("adam(learning_rate=2e-4, beta_1=0)"))
_part("g_optimizer", None, "The generator's optimizer, likewise.")
flags.DEFINE_float("ema_decay", None, "Decay of the generator's average, in [0, 1); 0: no average.", flag_values=FLAGS)
flags.DEFINE_float("clip_value", None, "Bound of the critic's weights; with --preset=wgan only.", flag_values=FLAGS)
_part("hear", None, "What --preset=multi_discriminator hears: mean, max, softmax, learnt_softmax, hypervolume; a call.")
flags.DEFINE_float("dropout", None, "Probability that it does not listen to a discriminator.", flag_values=FLAGS)
flags.DEFINE_boolean("own_batches", None, "Each of its discriminators sees a part of the batch.", flag_values=FLAGS)
_whole("stage_rounds", None, "Rounds that a resolution stays; with --preset=progressive only.", least=1)
_whole("fade_rounds", None, "Rounds in which one fades in, likewise; default: as many.", least=1)
_path("init_from", None, "Weights to begin with: a run's folder, an exported generator's, or a .keras file.")
_whole("freeze", None, "How many layers of the discriminator, from the samples on, do not learn (FreezeD).", least=1)
flags.DEFINE_boolean("jit_compile", None, "Compile the round with XLA.", flag_values=FLAGS)
_whole("steps_per_execution", None, "Rounds in one compiled call; default: by their speed.", least=1)

_text(
    "metrics",
    None,
    "Metrics each few epochs, by comma: fid,precision_recall, say; see kgan evaluate --help. The "
    "first of which some values are better decides what is best.",
)
_part("features", None, "The network that they and the alarm look through; see kgan evaluate --help.")
_whole("evaluate_every", 5, "Epochs between evaluations.", least=1)
_whole("evaluate_patience", None, "End when so many evaluations in a row were no better.", least=1)
_whole("evaluate_num", 10_000, "Samples of each, or all reals if they are fewer.", least=2)
_enum("alarm", "warn", ["off", "warn", "stop", "rollback"], "What to do when the generator collapses.")
_whole("equilibrium_every", 0, "Rounds between two looks at where the game stands; 0: none.", least=0)
_enum("non_finite", "stop", ["stop", "rollback"], "What to do when a loss or a weight is not finite.")
_whole("checkpoint_every", 1, "Epochs between checkpoints.", least=1)
_whole("checkpoint_steps", None, "Rounds between checkpoints inside an epoch; default: none there.", least=1)
_whole("keep", 3, "How many checkpoints are kept.", least=1)
_bare = "Train and measure only: no pictures, no report, no exported generator; for runs by the dozen."
flags.DEFINE_boolean("bare", False, _bare, flag_values=FLAGS)

# These are for `fit`, for the metrics and for the callbacks; all the others are for `run.build`.
FIT = ("epochs", "steps_per_epoch")
JUDGE = ("metrics", "features", "evaluate_num", "alarm", "equilibrium_every")
WATCH = ("checkpoint_every", "checkpoint_steps", "keep", "non_finite", "evaluate_every", "evaluate_patience", "bare")
# These say how long, where and how well watched a run is, not what it computes: a run may go on with others.
FREE = {"run_dir", "data_dir", "epochs", "strategy", "start_timeout", *JUDGE, *WATCH}


def main(argv: Sequence[str]) -> None:
    """Trains as the flags say."""
    no_arguments(argv)
    folder = Path(FLAGS.run_dir)
    if FLAGS.ensemble is not None:
        _train_ensemble(folder)
        return
    if (folder / ensemble_file.FILE).exists():
        raise InputError(f"run_dir: {folder} holds an ensemble; wanted its --ensemble too, or a new run_dir")
    flagfile.check(folder, FLAGS, FREE)
    with quiet():
        from kgan import callbacks, distribute, export, models
        from kgan.commands import report, run
        from kgan.commands.export import facts
        from kgan.runs import Run, checkpoints

        strategy = distribute.strategy(FLAGS.strategy, FLAGS.start_timeout)
    chief = distribute.is_chief()
    if chief:
        lock.check(folder)
    with strategy.scope(), distribute.plain_errors():
        dataset, gan = run.build(**_settings())
        begun = FLAGS.init_from and not checkpoints.latest(folder)
        matched = models.init_from(gan, FLAGS.init_from) if begun else []
    if chief:
        _print_summary(gan, dataset)
        for line in matched:
            print(f"from {FLAGS.init_from}, {line}")

    def begin(logs: dict) -> None:
        if chief:
            flagfile.write(folder, FLAGS)
            _print_place(gan.progress)

    judges = _judges(dataset, gan)
    watchers = run.watch(folder, begin, **judges, **_given(WATCH))
    if chief:  # last, to show what the others have added
        measured = judges["evaluator"].directions if "evaluator" in judges else {}
        decides = [name for name, better in measured.items() if better][:1]
        watchers.append(callbacks.ProgressLines(lines=not sys.stdout.isatty(), also=decides))
    gan.fit(dataset, callbacks=watchers, verbose=0, **_given(FIT))
    if any(getattr(watcher, "failed", False) for watcher in watchers):
        if chief and not FLAGS.bare:
            with contextlib.suppress(InputError):  # there may be no checkpoint, or a generator of NaN
                print(f"look at: {report.write(folder)}")
        raise InputError(f"{folder}: training stopped before its end, for the reason above")
    if chief and FLAGS.bare:
        print(f"{folder}: logs.csv and checkpoints/; the same command without --bare exports and reports")
    elif chief:
        model = folder / "saved_model"
        if not export.is_newest(gan, model):  # it may have been trained to its end, and stopped before it was exported
            export.save_generator(gan, model, facts=facts(Run(folder)))
        page = report.write(folder)
        print(f"{folder}: samples/, curves.png, logs.csv; the generator is {model}/{max(export.versions(model))}")
        print(f"look at: {page}")
        print(f"next: kgan sample --run_dir={folder}")


def _train_ensemble(folder: Path) -> None:
    """Trains several runs in a folder, each by this command."""
    with quiet():
        from kgan.commands import ensemble, run
    kind = ensemble.get(FLAGS.ensemble)
    ensemble.check(kind, folder)
    if FLAGS.rows is not None:
        raise InputError("rows: an ensemble chooses the rows of its members, wanted none")
    own = tuple(f"--{name}=" for name in ("run_dir", "ensemble", "epochs", "seed", "rows"))
    common = [line for line in FLAGS.flags_into_string().splitlines() if line.startswith("--")]
    common = [line for line in common if not line.startswith(own)]

    def flags_of(seed: int, rows: Path | None) -> Sequence[str]:
        return [*common, f"--seed={seed}", *([] if rows is None else [f"--rows={rows}"])]

    def build(seed: int) -> tuple:
        return run.build(**{**_settings(), "seed": seed})

    dataset, gan = build(FLAGS.seed)  # so that what cannot be trained is told before anything is written
    gan.check_batch(next(iter(dataset)))
    flagfile.write(folder, FLAGS)
    ensemble.train(kind, folder, flags_of, FLAGS.seed, FLAGS.epochs, build, FLAGS.bare)


def _settings() -> dict[str, Any]:
    """What `run.build` is given."""
    other = {"run_dir", "strategy", "start_timeout", "ensemble", "init_from", *FIT, *JUDGE, *WATCH}
    settings = _given(name for name in FLAGS if name not in other)
    if "penalty" in settings:
        settings["penalties"] = settings.pop("penalty")
    return settings


def _judges(dataset: "tf.data.Dataset", gan: "GameModel") -> dict[str, Any]:
    """What measures and what raises the alarm, for `run.watch`."""
    from kgan.commands import judge, run

    where = {name: FLAGS[name].value for name in ("data_dir", "resolution")}
    generator = gan.sampler()
    part = None if generator.free else "b"  # what the first way to translate makes
    judges: dict[str, Any] = {}
    network = judge.known_modes(FLAGS.dataset)
    if FLAGS.evaluate_patience and FLAGS.metrics is None:
        raise InputError("evaluate_patience: wanted --metrics too, by which it goes")
    if FLAGS.features is not None and FLAGS.metrics is None and FLAGS.alarm != "off":
        network = judge.network(FLAGS.dataset, FLAGS.features, part, **where)
    if FLAGS.metrics is not None:
        settings = {"features": FLAGS.features, "num": FLAGS.evaluate_num, "generator": generator, "part": part}
        judges["evaluator"] = judge.evaluator(FLAGS.dataset, judge.names(FLAGS.metrics), **settings, **where)
        network = judges["evaluator"].network
    batch = judges["batch"] = judge.some(dataset, 1000)
    _, reals = next(iter(gan.asked(batch).values()))
    if FLAGS.alarm in ("stop", "rollback") or (FLAGS.alarm == "warn" and len(reals) >= 100):  # fewer do not say much
        judges["alarm"] = {"reals": reals, "network": network, "policy": FLAGS.alarm, "batch": batch}
    if FLAGS.equilibrium_every:
        rows = None if FLAGS.rows is None else run.places(FLAGS.rows)
        held_out = judge.held_out(FLAGS.dataset, FLAGS.batch_size, rows, labels=gan.labelled, **where)
        judges["equilibrium"] = {"held_out": held_out, "every": FLAGS.equilibrium_every}
    return judges


def _given(names: Iterable[str]) -> dict[str, Any]:
    """Those of the flags that have a value: what is not given is left to the preset."""
    return {name: FLAGS[name].value for name in names if FLAGS[name].value is not None}


def _print_summary(gan: "GameModel", dataset: Any) -> None:
    specs = dataset.element_spec
    specs = specs.values() if isinstance(specs, dict) else specs if isinstance(specs, tuple) else [specs]
    shapes = [" x ".join(map(str, spec.shape[1:])) for spec in specs]
    stream, shape = dataset.stream, " and ".join(shape for shape in shapes if shape)
    print(
        f"{FLAGS.preset} on {FLAGS.dataset}: {stream.source.size:,} samples of {shape}, "
        f"{stream.batches_per_epoch} batches of {stream.batch_size} an epoch, {gan.rounds_needed} a round"
    )
    for _, network in gan.networks().values():
        print(f"{network.name}: {network.count_params():,} parameters")


def _print_place(progress: "Progress") -> None:
    if progress.epoch >= FLAGS.epochs:
        print(f"trained up to epoch {progress.epoch} before; a higher --epochs goes on")
    elif progress.epoch or progress.step:
        print(f"resuming at epoch {progress.epoch + 1}, step {progress.step}")
