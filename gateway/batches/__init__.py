"""Batches of requests: read and checked as a whole, then run line by line as any other request, sensitive lines in idle time."""
