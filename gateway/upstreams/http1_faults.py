"""Every way in which an exchange over HTTP/1.1 can go wrong, as a tree. No fault ever contains text of a body or of a header.

- `UpstreamFault`
  - `Unreachable`   no connection: DNS, refused, TLS, the connect clock, an address outside the allowed networks, no free slot
  - `Barred`        it was taken back while a connection was opened; nothing was sent
  - `SlowStart`     the headers clock or the first-token clock ran out
  - `Stalled`       the clock between chunks or the total clock ran out
  - `Cut`           the connection ended inside the headers or inside the body
  - `BadAnswer`     not HTTP/1.1 as we speak it: protocol errors, huge headers, upgrades, encodings that we did not ask for
  - `BodyTooLarge`  the body is larger than the reader allows
"""


class UpstreamFault(Exception):
    """An exchange with an upstream failed. The message says how, and what to look at."""


class Unreachable(UpstreamFault):
    """No connection could be had; nothing was sent."""


class Barred(UpstreamFault):
    """Who asked may not any more; nothing was sent."""


class SlowStart(UpstreamFault):
    """The headers, or the first byte of the body, did not come in time."""


class Stalled(UpstreamFault):
    """The next chunk, or the end, did not come in time."""


class Cut(UpstreamFault):
    """The connection ended too early.

    `reused`: it had served before and nothing came on it since, so perhaps the upstream closed it before it saw the request.
    """

    def __init__(self, *, got_headers: bool, reused: bool) -> None:
        """Say where it was cut."""
        where = "inside the body" if got_headers else "before the headers were complete"
        super().__init__(f"the upstream closed the connection {where}: look in its log for a crash or a restart")
        self.got_headers = got_headers
        self.reused = reused


class BadAnswer(UpstreamFault):
    """The upstream sent something that is not an acceptable HTTP/1.1 answer."""


class BodyTooLarge(UpstreamFault):
    """The body is longer than the reader's limit."""
