"""The egress ledger: what left, for whom, at which label, and nothing of what it said. Appended, chained, signed."""
