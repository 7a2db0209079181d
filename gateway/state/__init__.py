"""What replicas of the gateway share, and what each keeps to itself."""
