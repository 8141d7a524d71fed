"""Random degradation of real photographs, for blind super-resolution."""
