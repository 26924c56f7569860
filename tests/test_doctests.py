"""The examples in docstrings say what is printed, and it is."""

import doctest
import importlib

import pytest

MODULES = {
    "game": 1,
    "losses.classic": 1,
    "losses.labels": 1,
    "losses.top_k": 1,
    "penalties.gradient": 1,
    "schedules": 4,
}


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(f"kgan.{name}")
    examples = [test for test in doctest.DocTestFinder().find(module) if test.examples]
    assert len(examples) >= MODULES[name]
    runner = doctest.DocTestRunner()
    for example in examples:
        runner.run(example)
    assert runner.summarize(verbose=False).failed == 0
