"""`python -m gateway.standin`."""

from gateway.standin.server import main

main()
