"""One file per scorer kind: `Options` (frozen dataclass) and `build(options) -> Scorer`. The file name is the kind."""
