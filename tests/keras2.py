"""What the older stack (Keras 2.15, TensorFlow 2.15) is not asked for by `make test-addons`, each with its reason.

A key is a test's id in this folder; without brackets it means the test with all its parameters.
"""

NAMES = "the test tells variables by the names that Keras 3 gives them"
ACCUMULATES = "the optimizers of Keras 2 accumulate no gradients"
FIRST_SHAPE = "Keras 2 tells a layer's build, and its file, the shape of the first input only"

LEFT_OUT = {
    "test_game.py::test_gradient_accumulation_moves_by_the_mean_or_is_refused": ACCUMULATES,
    "updates/test_own_optimizer.py::test_optimizers_that_a_rule_cannot_use_are_refused_when_it_is_built": ACCUMULATES,
    "updates/test_overflow.py::test_a_skipped_round_is_as_if_it_had_not_been_played[lookahead]": NAMES,
    "updates/test_overflow.py::test_a_skipped_round_is_as_if_it_had_not_been_played[past]": NAMES,
    "penalties/test_orthogonal.py::test_the_projections_of_attention_as_spectral_normalisation_has_them": NAMES,
    "penalties/test_orthogonal.py::test_kernels_at_any_depth_that_are_trainable_and_no_others": NAMES,
    "networks/test_conditional.py::test_projection_and_classifier_by_numpy": NAMES,
    "networks/test_stylegan2.py::test_the_generator": NAMES,
    "layers/test_contract.py::test_round_trips_through_keras_files[spectral_heads]": FIRST_SHAPE,
    "layers/test_contract.py::test_mixed_precision_keeps_float32_variables_and_stays_near[spectral_heads]": FIRST_SHAPE,
    "layers/test_spectral.py::test_the_four_projections_of_multi_head_attention_each_have_norm_one": FIRST_SHAPE,
    "layers/test_values.py::test_normalisations_are_the_functions_of_keras[batch]": (
        "the variance that Keras 2's BatchNormalization moves by is the unbiased one"
    ),
    "layers/test_values.py::test_conditional_batch_normalisation_and_labels_out_of_range_as_its_docstring_has_it": (
        "XLA of TensorFlow 2.15 takes zeros for a label out of range"
    ),
    "callbacks/test_checkpoint.py::TestWhose::test_early_stopping_restores_the_model_and_not_the_run": (
        "Keras 2's EarlyStopping restores in the epoch in which it stops"
    ),
}


def reason(test: str) -> str | None:
    """Why a test, of this id, is left out; None if it is not."""
    test = test.removeprefix("tests/")
    return LEFT_OUT.get(test) or LEFT_OUT.get(test.partition("[")[0])
