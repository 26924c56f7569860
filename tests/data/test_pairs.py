"""Pairs of pictures, and two domains."""

import numpy as np
import pytest
from PIL import Image

import kgan
from kgan.checks import InputError

RANDOM = np.random.default_rng(0)


def save(path, *shape, values=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = RANDOM.integers(0, 256, shape, dtype=np.uint8) if values is None else values
    Image.fromarray(values.squeeze()).save(path)
    return values


def served(values):
    return values / 127.5 - 1


@pytest.fixture
def halves(tmp_path):
    return tmp_path, [save(tmp_path / f"{i}.png", 4, 8, 3) for i in range(5)]


def test_halves_side_by_side(halves):
    root, values = halves
    for pair, both in zip(kgan.data.load(f"pairs:{root}"), values, strict=True):
        assert pair.keys() == {"a", "b"}
        np.testing.assert_allclose(pair["a"], served(both[:, :4]), atol=1e-6)
        np.testing.assert_allclose(pair["b"], served(both[:, 4:]), atol=1e-6)


def test_batches_keep_pairs_together(halves):
    root, values = halves
    data = kgan.data.load(f"pairs:{root}", batch_size=2)
    assert {name: spec.shape for name, spec in data.element_spec.items()} == {"a": (2, 4, 4, 3), "b": (2, 4, 4, 3)}
    known = {both[:, :4].tobytes(): both[:, 4:] for both in values}
    for pair in data.stream.batches(0, 5):
        for a, b in zip(np.rint((pair["a"].numpy() + 1) * 127.5).astype(np.uint8), pair["b"], strict=True):
            np.testing.assert_allclose(b, served(known[a.tobytes()]), atol=1e-6)
    for here, there in zip(data.stream.batches(3, 5), data.stream.batches().skip(3).take(2), strict=True):
        np.testing.assert_array_equal(here["b"], there["b"])


def test_two_folders_of_the_same_names(tmp_path):
    order = ["x/1", "2", "1-a", "1"]
    a = {name: save(tmp_path / "a" / f"{name}.png", 4, 6, 1) for name in order}
    b = {name: save(tmp_path / "b" / f"{name}.{'bmp' if name == '1' else 'png'}", 4, 6, 3) for name in order}
    pairs = list(kgan.data.load(f"pairs:{tmp_path / 'a'},{tmp_path / 'b'}", resolution="4x6"))
    for pair, name in zip(pairs, sorted(order), strict=True):
        np.testing.assert_allclose(pair["a"], served(a[name]), atol=1e-6)  # may have other channels
        np.testing.assert_allclose(pair["b"], served(b[name]), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, b: save(a / "z.png", 4, 4, 3), r"/a/z.png has no picture of the same name in .*/b$"),
        (lambda a, b: save(b / "z.png", 4, 4, 3), r"/b/z.png has no picture of the same name in .*/a$"),
        (lambda a, b: [save(b / f"z{i}.png", 4, 4) for i in range(3)], r"/b/z0.png \(and 2 more\) has no picture"),
        (lambda a, b: save(b / "1.png", 5, 4, 3), r"/a/1.png and .*/b/1.png are 4x4 and 5x4; wanted pairs of the same"),
        (lambda a, b: save(a / "1.bmp", 4, 4, 3), r"/a/1.bmp: another picture has this name, with another suffix"),
    ],
)
def test_pairs_that_do_not_match_are_named(tmp_path, change, message):
    a, b = tmp_path / "a", tmp_path / "b"
    for folder in (a, b):
        for i in range(3):
            save(folder / f"{i}.png", 4, 4, 3)
    change(a, b)
    with pytest.raises(InputError, match=rf"^dataset: .*{message}") as error:
        kgan.data.load(f"pairs:{a},{b}")
    assert str(error.value).isprintable()


def test_half_a_pixel(halves):
    root, _ = halves
    save(root / "3.png", 4, 7, 3)
    with pytest.raises(InputError, match=r"dataset: .*/3.png is 7 pixels wide; wanted two halves side by side"):
        kgan.data.load(f"pairs:{root}")
    (root / "3.png").unlink()
    with pytest.raises(InputError, match="labels: got True, but this dataset has no labels; wanted False"):
        kgan.data.load(f"pairs:{root}", labels=True)


class TestDomains:
    @pytest.fixture
    def name(self, tmp_path):
        """Pictures that are their number, 7 in A, 4 in B from 100 on."""
        for domain, first, count in (("a", 0, 7), ("b", 100, 4)):
            for i in range(count):
                values = np.full((4, 4, 3), first + i, np.uint8) + np.array([0, 1, 2], np.uint8)
                save(tmp_path / domain / f"{i}.png", values=values)
        return f"domains:{tmp_path / 'a'},{tmp_path / 'b'}"

    def numbers(self, batches):
        return [
            {k: np.rint((v[:, 0, 0, 0].numpy() + 1) * 127.5).astype(int).tolist() for k, v in b.items()}
            for b in batches
        ]

    def test_each_in_its_own_order_of_its_own_epochs(self, name):
        stream = kgan.data.load(name, batch_size=2).stream
        assert stream.batches_per_epoch == 3  # of the larger one
        seen = self.numbers(stream.batches(0, 6))
        for domain, size in (("a", 7), ("b", 4)):
            flat = [number % 100 for batch in seen for number in batch[domain]]
            epoch = size // 2 * 2
            for start in range(0, len(flat) - epoch + 1, epoch):
                assert len(set(flat[start : start + epoch])) == epoch
        assert self.numbers(stream.batches(4, 6)) == seen[4:]
        assert self.numbers(kgan.data.load(name, batch_size=2, seed=1).stream.batches(0, 6)) != seen

    def test_equal_sizes_do_not_make_equal_orders(self, name, tmp_path):
        same = f"domains:{tmp_path / 'a'},{tmp_path / 'a'}"
        seen = self.numbers(kgan.data.load(same, batch_size=7).stream.batches(0, 4))
        assert all(batch["a"] != batch["b"] and sorted(batch["a"]) == sorted(batch["b"]) for batch in seen)

    def test_in_stored_order(self, name):
        stream = kgan.data.load(name, batch_size=4, shuffle=False).stream
        assert self.numbers(stream.batches(0, 1)) == [{"a": [0, 1, 2, 3], "b": [100, 101, 102, 103]}]
        assert len(list(kgan.data.load(name))) == 4

    def test_refusals(self, name, tmp_path):
        with pytest.raises(InputError, match="batch_size: got 5, wanted at most 4, the number of examples"):
            kgan.data.load(name, batch_size=5)
        save(tmp_path / "grey" / "1.png", 4, 4, 1)
        with pytest.raises(InputError, match=r"dataset: the images in .*/grey are grey, those in .*/a are not; wanted"):
            kgan.data.load(f"domains:{tmp_path}/a,{tmp_path}/grey")
