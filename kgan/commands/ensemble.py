"""kgan train --ensemble=KIND(members=K): several runs behind one sampler.

Each member is a run of `kgan train` in RUN/member-1, RUN/member-2, ..., in a process and with a seed of its own. One
that is done is not begun again, one that was stopped goes on. RUN/ensemble.json has their shares, RUN/saved_model all
of them, RUN/member-1.txt what the first has printed.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kgan import checks
from kgan.checks import InputError, whole
from kgan.commands.members import Failed, ended, finish, keep, name, start
from kgan.parts import Part
from kgan.runs import checkpoints, flags
from kgan.runs import ensemble as file
from kgan.spec import resolve

if TYPE_CHECKING:
    import numpy as np

Flags = Callable[[int, Path | None], Sequence[str]]  # seed, rows or None -> a run's flags, but its place and epochs


class Ensemble(Part):
    """K members. A kind says how they are trained, and in which shares they are drawn."""

    def __init__(self, members: int = 4) -> None:
        self.members = whole("members", members, least=2, most=1000)

    def train(self, folder: Path, flags_of: Flags, seed: int, epochs: int, build: Callable) -> dict[str, str]:
        """Trains all members.

        Args:
            folder: RUN.
            flags_of: as `Flags` says.
            seed: the first member's; each next one has the next.
            epochs: of each.
            build: seed -> (data set, game) of a member, untrained.

        Returns:
            Why members have failed, by name.
        """
        raise NotImplementedError

    def goes_on(self, other: "Ensemble") -> bool:
        """Whether what `other` has trained are members of this one: there may be more of them, side by side or not."""
        free = {"members", "processes"}
        mine, theirs = ({k: v for k, v in vars(one).items() if k not in {*free, "given"}} for one in (self, other))
        return type(self) is type(other) and mine == theirs

    def shares(self, done: int) -> list[float]:
        """How likely each of the members is that are there: equally."""
        return [1.0 / done] * done


class Independent(Ensemble):
    """K runs that differ by their seeds: first weights, order of the data, draws.

    Args:
        members: K.
        processes: how many of them train side by side.
    """

    def __init__(self, members: int = 4, processes: int = 1) -> None:
        super().__init__(members)
        self.processes = whole("processes", processes, most=self.members)

    def train(self, folder: Path, flags_of: Flags, seed: int, epochs: int, build: Callable) -> dict[str, str]:
        failed, waiting, running = {}, list(range(self.members)), {}
        try:
            while waiting or running:
                while waiting and len(running) < self.processes:
                    number = waiting.pop(0)
                    running[name(number)] = start(folder / name(number), flags_of(seed + number, None), epochs)
                first = ended(running)
                try:
                    finish(folder / first, running[first])
                except Failed as error:
                    failed[first] = str(error)
                del running[first]
        finally:
            for begun in running.values():
                if begun is not None:
                    begun.stop()
        return failed


class Snapshots(Ensemble):
    """One run, in RUN/run, at K times, an equal number of epochs apart: it costs what one generator costs.

    Args:
        members: K.
    """

    def train(self, folder: Path, flags_of: Flags, seed: int, epochs: int, build: Callable) -> dict[str, str]:
        if epochs < self.members:
            raise InputError(f"epochs: wanted {self.members} at least, one a snapshot, got {epochs}")
        for number in range(self.members):
            member, until = folder / name(number), epochs * (number + 1) // self.members
            newest = checkpoints.latest(member)
            if newest is not None and (epoch := checkpoints.describe(newest)["epoch"]) != until:
                raise InputError(f"ensemble: {member} is a snapshot after epoch {epoch}, wanted {until}; a new run_dir")
            if newest is None:
                try:
                    finish(folder / "run", start(folder / "run", flags_of(seed, None), until))
                except Failed as error:
                    return {name(number): str(error)}
                keep(folder / "run", member)
        return {}


class Sequential(Ensemble):
    """K runs, of which each next one is trained on data that are chosen by what those before it have become."""

    def train(self, folder: Path, flags_of: Flags, seed: int, epochs: int, build: Callable) -> dict[str, str]:
        import numpy as np

        for number in range(self.members):
            member, rows = folder / name(number), None
            try:
                if number:
                    rows = folder / f"{name(number)}.npy"
                    if not rows.exists():
                        before = [folder / name(one) for one in range(number)]
                        chosen = self.choose(before, seed + number, build)
                        aside = rows.with_suffix(".tmp.npy")
                        np.save(aside, chosen)
                        aside.replace(rows)
                finish(member, start(member, flags_of(seed + number, rows), epochs))
            except (Failed, InputError) as error:
                return {name(number): str(error)}  # the next ones would build on it
        return {}

    def choose(self, before: Sequence[Path], seed: int, build: Callable) -> "np.ndarray":
        """The rows of the data of the next member's `seed` that it is trained on, after the members `before`."""
        raise NotImplementedError


class Cascade(Sequential):
    """Each next member is trained on the share of the data before it that the last discriminator takes for real.

    What it takes for real most surely, its generator makes badly (Wang, Zhang and van de Weijer 2016). A member is
    drawn as often as it has data to itself: 1 - share of the first, share (1 - share) of the second, and so on.

    Args:
        members: K.
        share: of the data that is handed on each time, in (0, 1).
    """

    def __init__(self, members: int = 4, share: float = 0.5) -> None:
        super().__init__(members)
        self.share = checks.number("share", share, above=0.0)
        if self.share >= 1.0:
            raise InputError(f"share: wanted a number in (0, 1), got {share!r}")

    def choose(self, before: Sequence[Path], seed: int, build: Callable) -> "np.ndarray":
        import numpy as np

        from kgan.commands import boosting
        from kgan.reweighting import highest

        dataset, game = build(seed)
        samples = boosting.examples(dataset)
        rows = np.arange(len(samples))
        for member in before:
            rows = highest(boosting.scores(game, member, samples), rows, self.share)
        return rows

    def shares(self, done: int) -> list[float]:
        kept = [self.share**number * (1.0 - self.share) for number in range(done - 1)]
        return [*kept, self.share ** (done - 1)]


class AdaGAN(Sequential):
    """Each next member is trained on data resampled by what the mixture so far lacks (Tolstikhin et al. 2017).

    A classifier, of the discriminator's architecture, tells data from samples of the mixture; `adagan_weights` makes
    its odds into weights. The t-th member has the share 1/t of the mixture with it, so that all end with equal ones.

    Args:
        members: K; 10 in the paper.
        epochs: of the classifier's training.
    """

    def __init__(self, members: int = 4, epochs: int = 5) -> None:
        super().__init__(members)
        self.epochs = whole("epochs", epochs)

    def choose(self, before: Sequence[Path], seed: int, build: Callable) -> "np.ndarray":
        from kgan.commands import boosting
        from kgan.mixture import mixture
        from kgan.reweighting import adagan_weights, systematic
        from kgan.runs import Run

        dataset, game = build(seed)
        samples = boosting.examples(dataset)
        fakes = mixture([Run(member).sampler() for member in before]).sample(len(samples), seed=seed)
        ratios = boosting.ratios(game, samples, fakes, self.epochs)
        return systematic(adagan_weights(ratios, beta=1.0 / (len(before) + 1)), seed)


ENSEMBLES = {"independent": Independent, "snapshots": Snapshots, "cascade": Cascade, "adagan": AdaGAN}


def get(text: str) -> Ensemble:
    """The kind of ensemble that `text` names, "independent(members=4)".

    Raises:
        InputError: for an unknown name or an argument of no use.
    """
    return resolve("ensemble", text, ENSEMBLES, methods=("train",))


def check(ensemble: Ensemble, folder: Path) -> None:
    """An `InputError` if a folder holds a run, or an ensemble of another kind."""
    if any(folder.glob("checkpoints/step-*")):
        raise InputError(f"run_dir: {folder} holds a run of its own; wanted a new run_dir for an ensemble")
    before = flags.read(folder).get("ensemble")
    if before is not None and not ensemble.goes_on(get(before)):
        raise InputError(f"ensemble: the one in {folder} is {before!r}; wanted one of this kind, or a new run_dir")


def train(
    ensemble: Ensemble, folder: Path, flags_of: Flags, seed: int, epochs: int, build: Callable, bare: bool = False
) -> None:
    """Trains an ensemble in a folder, and writes what holds its members together; `bare`: no exported generator.

    Raises:
        InputError: that names the members that failed, when the others are kept.
    """
    from kgan import export
    from kgan.runs import Run

    failed = ensemble.train(folder, flags_of, seed, epochs, build)
    names = [name(number) for number in range(ensemble.members)]
    done = [one for one in names if one not in failed and checkpoints.latest(folder / one) is not None]
    why = "; ".join(f"{one}: {reason}" for one, reason in failed.items())
    if not done:
        raise InputError(f"ensemble: no member was trained: {why}")
    shares = dict(zip(done, ensemble.shares(len(done)), strict=True))
    file.write(folder, shares, failed)
    said = f"{folder}: {len(done)} of {len(names)} members"
    if not bare:
        version = export.save_generator(Run(folder).sampler(), folder / "saved_model")
        said += f"; one generator of all is {version}"
    print(said)
    if failed:
        raise InputError(f"ensemble: {why}; the others are kept, and the same command tries again")
    print(f"next: kgan sample --run_dir={folder}")
