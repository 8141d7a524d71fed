"""The networks of the SRGAN."""
