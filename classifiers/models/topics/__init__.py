"""The `topics` model: what an ask is about, by the nearest of some centroids. `CARD.md` says how good it is."""
