"""kgan's packaging: what it needs to run, and to be worked on. requirements.txt has the versions that were tested."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

DOCS = ["mkdocs-gen-files", "mkdocs-literate-nav", "mkdocs-material", "mkdocstrings[python]"]

RAY = ["ray[train]"]

setup(
    name="kgan",
    version=re.search(r'__version__ = "(.+)"', (HERE / "kgan/__init__.py").read_text())[1],
    description="Generative adversarial networks as games, in Keras and TensorFlow",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["kgan", "kgan.*"]),
    package_data={
        "kgan": ["py.typed", "requirements*.txt"],
        "kgan.report": ["page.*", "comparison.*"],
        "kgan.serving": ["deployment/*", "page.*"],
    },
    python_requires=">=3.11,<3.13",
    install_requires=[
        "absl-py",
        "importlib_resources",  # tensorflow-datasets imports it, and does not ask for it
        "jinja2",
        "keras>=2.15",
        "matplotlib",
        "numpy",
        "pillow",
        "pydantic",
        "scikit-learn",  # the digits
        "scipy",
        "tensorboard",  # tf.summary imports it, and TensorFlow does not ask for it any more
        "tensorflow>=2.15",
        "tensorflow-datasets",
        "tqdm",
        "typing_extensions",
        "werkzeug",  # the gallery; TensorBoard has it too
        "wrapt",  # TensorFlow has it too
    ],
    extras_require={
        "docs": DOCS,
        "dev": [
            *DOCS,
            *RAY,
            *("hypothesis", "import-linter", "mypy", "pytest", "pytest-xdist", "ruff", "selenium"),
            # Oracles of serving: other runtimes, another client, the messages of its configuration.
            *("openvino", "ovmsclient==2023.1", "pyyaml", "tensorflow-serving-api", "tensorflow-serving-config==0.0.2"),
            *("ai-edge-litert", "onnxruntime", "tf2onnx"),
            *("ipykernel", "nbclient", "nbformat"),  # run the notebook
            *("CGDs==0.4.5", "prdc", "torch==2.13.0", "torch-fidelity", "sdmetrics", "pandas"),  # oracles
        ],
        # The older stack, in the versions of requirements-addons.txt. Without the bound, pip takes a TensorFlow beside
        # which tensorflow-addons cannot be imported.
        "addons": ["tensorflow>=2.15,<2.16", "tensorflow-addons==0.23.0"],
        "serving": ["tensorflow-serving-api"],  # with gRPC
        "onnx": ["onnxruntime", "tf2onnx"],
        "notebook": ["ipykernel", "jupyterlab"],
        "tflite": ["ai-edge-litert"],
        "ray": RAY,
    },
    entry_points={"console_scripts": ["kgan = kgan.__main__:main"]},
)
