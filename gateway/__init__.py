"""Everything that can fail: bytes, sockets, clocks, state, observers, the command line."""
