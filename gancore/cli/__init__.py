"""Command lines made of dataclasses; imports no TensorFlow."""
