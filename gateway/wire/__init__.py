"""The bytes of requests and answers: strict decoding, splicing, usage, server-sent events. The one door to JSON."""
