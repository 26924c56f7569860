"""kgan's speed beside hand-written TensorFlow, stock Keras and PyTorch: python -m benchmarks.speed, or make bench."""
