"""Data-parallel training on several GPUs or hosts."""
