"""Publishing a network on the Hugging Face Hub."""
