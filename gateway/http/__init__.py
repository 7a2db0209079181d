"""The HTTP surface: hot endpoints as raw ASGI, cold ones through FastAPI, keys, bodies, admin."""
