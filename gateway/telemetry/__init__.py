"""What an OpenTelemetry collector is told of requests: spans and metrics by the GenAI conventions, and how they get there. No text."""
