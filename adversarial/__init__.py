"""What every GAN here needs, and nothing about words or pictures."""
