"""The `names` model: which words of a text belong to a person or an address. `CARD.md` says how good it is."""
