"""Tables of patterns, one file per family: `rows(...) -> tuple[Row, ...]`. Detectors choose among them and compile them."""
