"""Generators as ONNX and TFLite files, run by their own runtimes."""

import numpy as np
import pytest

from kgan.checks import InputError
from kgan.export import formats, save_as
from tests.serving.exports import samplers


@pytest.mark.parametrize("format, packages", [("onnx", ("tf2onnx", "onnxruntime")), ("tflite", ("ai_edge_litert",))])
def test_other_runtimes_give_tensorflows_numbers(tmp_path, monkeypatch, format, packages):
    for package in packages:
        pytest.importorskip(package)
    made = samplers()
    for name in ("dcgan", "sngan", "conditional", "cyclegan"):
        path = save_as(format, made[name], tmp_path / f"{name}.{format}")
        inputs = {key: value[:3] for key, value in formats._example(made[name]).items()}  # another number of rows
        theirs = formats.FORMATS[format][1](path.read_bytes())(inputs)
        np.testing.assert_allclose(theirs, made[name](**inputs), atol=1e-5, err_msg=name)
    for gan, path, words in (
        (made["dcgan"], tmp_path / f"dcgan.{format}", r"out: .* exists"),
        (made["pix2pix"], tmp_path / "x", "format: layers of this generator draw"),
    ):
        with pytest.raises(InputError, match=words):
            save_as(format, gan, path)
    convert, load = formats.FORMATS[format]
    wrong = lambda content: lambda inputs: load(content)(inputs) + 1e-3  # noqa: E731
    monkeypatch.setitem(formats.FORMATS, format, (convert, wrong))
    with pytest.raises(InputError, match=r"the samples are 0\.001 from TensorFlow's"):
        save_as(format, made["dcgan"], tmp_path / "y")
    assert not (tmp_path / "x").exists() and not (tmp_path / "y").exists()
