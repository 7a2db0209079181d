"""The cascade: a local answer is held back, judged, and then given or given up. The tests themselves are in `router.cascade`."""
