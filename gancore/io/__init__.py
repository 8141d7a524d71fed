"""Files, downloads and tables; imports no TensorFlow."""
