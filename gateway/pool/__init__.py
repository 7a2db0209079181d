"""The local pool: who its replicas are, what they say of themselves, and whether they make progress."""
