"""What the older stack (Keras 2.15, TensorFlow 2.15) is not asked for by `make test-addons`, each with its reason.

A key is a test's id in this folder; without brackets it means the test with all its parameters.
"""

ACCUMULATES = "the optimizers of Keras 2 accumulate no gradients"
FIRST_SHAPE = "Keras 2 tells a layer's build, and its file, the shape of the first input only"

LEFT_OUT = {
    "test_game.py::test_gradient_accumulation_moves_by_the_mean_or_is_refused": ACCUMULATES,
    "updates/test_own_optimizer.py::test_optimizers_that_a_rule_cannot_use_are_refused_when_it_is_built": ACCUMULATES,
    "layers/test_contract.py::test_round_trips_through_keras_files[spectral_heads]": FIRST_SHAPE,
    "layers/test_contract.py::test_mixed_precision_keeps_float32_variables_and_stays_near[spectral_heads]": FIRST_SHAPE,
    "layers/test_spectral.py::test_the_four_projections_of_multi_head_attention_each_have_norm_one": FIRST_SHAPE,
    "layers/test_values.py::test_normalisations_are_the_functions_of_keras[batch]": (
        "the variance that Keras 2's BatchNormalization moves by is the unbiased one"
    ),
    "layers/test_values.py::test_conditional_batch_normalisation_and_labels_out_of_range_as_its_docstring_has_it": (
        "XLA of TensorFlow 2.15 takes zeros for a label out of range"
    ),
    "commands/test_train.py::test_bad_input_is_refused_before_anything_is_written[flags7-"
    "g_optimizer: 'adam(lr=1)': Argument(s) not recognized: {'lr': 1}]": "to Keras 2 lr is the learning rate",
    "callbacks/test_checkpoint.py::TestWhose::test_early_stopping_restores_the_model_and_not_the_run": (
        "Keras 2's EarlyStopping restores in the epoch in which it stops"
    ),
}


def reason(test: str) -> str | None:
    """Why a test, of this id, is left out; None if it is not."""
    test = test.removeprefix("tests/")
    return LEFT_OUT.get(test) or LEFT_OUT.get(test.partition("[")[0])
