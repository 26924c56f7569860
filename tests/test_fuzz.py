"""Made-up input of every kind is accepted, or refused in one line with nothing written.

The same examples in each run; benchmarks/fuzz.py makes others, as many as one likes.
"""

import hypothesis
import pytest

from tests import fuzzing

EXAMPLES = {"meaning": 60, "npz": 60, "pictures": 60, "command line": 60, "settings": 150}  # of the other kinds 30
RARE = {"batches"}  # of which hardly one in fifty is accepted


@pytest.mark.parametrize("name", sorted(fuzzing.KINDS))
def test_it_is_accepted_or_refused_in_one_line(name, tmp_path):
    kind, verdicts = fuzzing.KINDS[name], set()

    @hypothesis.settings(
        max_examples=EXAMPLES.get(name, 30),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(kind.examples)
    def play(example):
        verdicts.add(fuzzing.judge(kind, example, fuzzing.clean(tmp_path / "here")))

    play()
    assert verdicts | ({fuzzing.ACCEPTED} if name in RARE else set()) == {fuzzing.ACCEPTED, fuzzing.REFUSED}
