"""Types of GPUs: what one typically costs an hour to rent, and how much power it draws. Assumptions, for who has no offer of their own yet.

Prices of one type differ by a factor of three between providers and change every month, so each has its source and its date, every
command says when it used one, and an option or the configuration overrides it.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class GpuType:
    """`hour_usd`: USD for one for an hour, on demand, without commitment; None: no price that could be given a source. `watts`: at most."""

    name: str
    memory_gb: int
    watts: int
    hour_usd: Decimal | None = None
    source: str = ""


_RANGES = "middle of what specialised providers ask, mercatus-ai.com/blog/cloud-gpu-pricing, 2026-05"
_RENTED = "RunPod by deploybase.ai/articles/nvidia-l40s-price, 2026-03"

GPUS: tuple[GpuType, ...] = (
    GpuType("H100", 80, 700, Decimal("2.95"), "median of 37 providers, aimultiple.com/gpu-index, 2026-05-20"),
    GpuType("H200", 141, 700, Decimal("4.00"), _RANGES),
    GpuType("A100", 80, 400, Decimal("1.30"), _RANGES),
    GpuType("L40S", 48, 350, Decimal("0.79"), _RENTED),
    GpuType("RTX4090", 24, 450, Decimal("0.34"), _RENTED),
    GpuType("B200", 180, 1_000),
    GpuType("MI300X", 192, 750),
    GpuType("L4", 24, 72),
    GpuType("T4", 16, 70),
)
"""Power: the makers' data sheets (SXM modules of A100, H100 and H200)."""


def gpu_type(name: str) -> GpuType | None:
    """The type of that name, however it is written: `h100`, `RTX 4090`. None: not in the table."""
    wanted = "".join(char for char in name.upper() if char.isalnum())
    return next((one for one in GPUS if one.name == wanted), None)
