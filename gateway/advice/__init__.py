"""What to do about cost: typical prices of GPUs, the assessment of open against closed models, break-even, phases of a migration."""
