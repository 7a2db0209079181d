"""What watches: each observer is a synchronous callable that takes one frozen `Exchange`."""
