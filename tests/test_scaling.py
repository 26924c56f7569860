"""The model of docs/scaling.md, against a ring simulated step by step; and the page, against the model."""

import numpy as np
import pytest

from benchmarks.scaling import __main__ as page
from benchmarks.scaling import model

GAME = model.Game("x", 64, 0.002, 0.001, [68, 68, 4_000_000, 1_000_000, 40])
NETWORK = model.Network("y", 1e-4, 1e8)


def test_by_hand():
    """Two workers: 32 rows each, and each message in two steps of half of it."""
    sent = 2 * 5 * 1e-4 + (68 + 68 + 4e6 + 1e6 + 40) / 1e8
    assert model.rounds_per_second(GAME, NETWORK, 1) == pytest.approx(1 / 0.066)
    assert model.rounds_per_second(GAME, NETWORK, 2) == pytest.approx(1 / (0.002 + 0.032 + sent))
    assert model.computing(GAME, 4, cores=2) == pytest.approx(2 * (0.002 + 0.016))
    assert model.computing(GAME.faster(10), 1) == pytest.approx(0.001 + 0.0064)
    assert GAME.faster(1) == GAME
    assert model.grown(GAME, NETWORK, 2) == pytest.approx(0.066 / (0.066 + sent))


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 64])
def test_a_ring_step_by_step_takes_as_long(workers):
    expected = model.rounds_per_second(GAME, NETWORK, workers)
    assert model.simulated(GAME, NETWORK, workers, spread=0.0, rounds=3) == pytest.approx(expected)
    if 1 < workers < 64:  # who waits for the slowest is slower, while computing is most of it
        assert model.simulated(GAME, NETWORK, workers, spread=0.3) < 0.98 * expected


def test_a_ring_of_messages_sums_what_it_sends_in_so_many_steps():
    """The algorithm itself, with numbers: in 2 (W - 1) steps of a W-th everybody has the sum."""
    workers, parts = 5, np.random.default_rng(0).normal(size=(5, 5, 3))  # worker, part of its vector
    held = parts.copy()
    for step in range(2 * (workers - 1)):
        sent = [(w, (w - step) % workers) for w in range(workers)]
        moving = [held[w, part].copy() for w, part in sent]
        for (w, part), values in zip(sent, moving, strict=True):
            right = (w + 1) % workers
            held[right, part] = held[right, part] + values if step < workers - 1 else values
    np.testing.assert_allclose(held, np.broadcast_to(parts.sum(0), held.shape))


def test_where_it_ends():
    slow = model.Network("slow", 1e-2, 1e6)
    assert model.fastest(GAME, slow) == model.worth_it(GAME, slow) == 1
    free = model.Network("free", 0.0, 1e18)
    assert model.fastest(GAME, free) == 64  # a row each
    assert model.worth_it(model.Game("x", 64, 0.0, 0.001, [4]), free) == 64
    assert model.line([64, 16, 4], [0.066, 0.018, 0.006]) == pytest.approx((0.002, 0.001))


def test_the_page_has_the_models_tables():
    text = (page.DOCS / "scaling.md").read_text()
    assert page.tables() == text.partition(page.BEGIN)[2].partition(page.END)[0].strip()
