"""The commands of `python -m srgan`, one module each."""
