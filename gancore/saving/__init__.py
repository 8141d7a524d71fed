"""Saves `.h5` models that every Keras loads; loads untrusted ones safely."""
