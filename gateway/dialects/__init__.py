"""One engine, several dialects: a request in one API's words put to a target that speaks another's, and its answer brought back."""
