"""How late the event loop is: how much longer than asked a short sleep takes. While it is late nobody is served."""

import asyncio
from collections.abc import Callable

EVERY_S = 0.25


async def measure(observe: Callable[[float], None], every_s: float = EVERY_S) -> None:
    """Tell `observe` again and again by how many seconds the loop was late. Runs until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_s
        await asyncio.sleep(every_s)
        observe(max(0.0, loop.time() - due))
