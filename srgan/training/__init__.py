"""The stages of an SRGAN training and what monitors them."""
