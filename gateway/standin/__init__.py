"""A light stand-in for an engine or vendor, for the demo and for journeys. It computes nothing, and says so."""
