"""Pixel and perceptual losses, and their configuration."""
