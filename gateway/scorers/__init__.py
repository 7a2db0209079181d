"""Scorers that are asked over the network."""
