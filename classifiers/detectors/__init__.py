"""One file per detector kind: `Options` (frozen dataclass) and `build(options) -> Detector`. The file name is the kind."""
