"""Networks for programs without Keras."""
