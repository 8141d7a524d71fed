"""Publishes networks on the Hugging Face Hub."""
