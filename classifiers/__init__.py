"""Text in, signals out. Pure: no network, clock, randomness or logging."""
