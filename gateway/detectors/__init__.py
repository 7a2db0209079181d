"""Detectors behind the network: one file per dialect, with `Options` and `build(options, model)`, and `remote`, which asks them all."""
