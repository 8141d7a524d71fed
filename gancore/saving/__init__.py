"""The `.h5`: written for every Keras, read with care."""
