"""The configuration: from YAML to a `Plan`, with every problem reported together."""
