"""The `difficulty` model: what in a text makes it hard for a small model, and how much. `CARD.md` says how good it is."""
