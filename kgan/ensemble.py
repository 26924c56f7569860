"""Several generators behind one sampler, against lost modes: what one leaves out another may have."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kgan.checks import InputError
from kgan.mixture import mixture
from kgan.runs import Run, checkpoints
from kgan.sampling import BATCH, Sampler


class GeneratorEnsemble:
    """A mixture of trained generators: each sample is made by one of them, drawn with given probabilities.

    `kgan.export.save_generator(ensemble, path)` writes one SavedModel that holds them all and draws likewise.

    Args:
        members: games, samplers, or folders of runs, of the same prior, conditions and shape of samples.
        shares: how likely each is, numbers from 0 on that add up to 1; equally by default.

    Raises:
        InputError: for no members, or one that is not as the first; for shares that are no proportions.
    """

    def __init__(self, members: Sequence[Any], shares: Sequence[float] | None = None) -> None:
        self._sampler = mixture([_sampler(member) for member in members], shares)

    @classmethod
    def snapshots(cls, run_dir: str | os.PathLike) -> "GeneratorEnsemble":
        """One run at several times: all the checkpoints that it has kept (`Checkpoint(run_dir, every=5, keep=4)`)."""
        found = checkpoints.find(Path(run_dir))
        if not found:
            raise InputError(f"run_dir: {run_dir} holds no checkpoint")
        return cls([checkpoints.sampler(path) for path in found])

    def sampler(self) -> Sampler:
        """The one sampler; its input "member" says which of them makes a sample, from 0."""
        return self._sampler

    def sample(self, num: int, seed: int = 0, batch_size: int = BATCH, **given: Any) -> Any:
        """`num` samples, as `Sampler.sample`."""
        return self._sampler.sample(num, seed, batch_size, **given)

    def iter_samples(self, num: int, seed: int = 0, batch_size: int = BATCH, **given: Any) -> Iterator:
        """The same in batches, as `Sampler.iter_samples`."""
        return self._sampler.iter_samples(num, seed, batch_size, **given)


def _sampler(member: Any) -> Sampler:
    if isinstance(member, Sampler):
        return member
    if isinstance(member, str | os.PathLike):
        return Run(member).sampler()
    if callable(getattr(member, "sampler", None)):
        return member.sampler()
    raise InputError(f"members: wanted games, samplers or folders of runs, got {member!r}")
