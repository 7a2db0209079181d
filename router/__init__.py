"""Facts and signals in, decision out; outcomes in, next step out. Pure: no I/O, clock, randomness, logging or framework."""
