"""What callers leave here for later, with its label: files, batches of requests, and responses that others go on from."""
