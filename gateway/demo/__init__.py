"""`tidegate demo`: a gateway, a local engine and a cloud, a dozen prompts, a table."""
