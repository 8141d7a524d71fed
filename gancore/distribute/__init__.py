"""Training on several GPUs or hosts."""
