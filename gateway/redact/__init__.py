"""The redacted path: values become placeholders before content leaves, and placeholders become values in the answer."""
