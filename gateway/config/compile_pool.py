"""How the replicas of a local destination are found and watched, with every objection reported."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.config.addresses import listed
from gateway.config.destinations import Destination
from gateway.config.errors import Report, Where
from gateway.plan import PoolPlan
from gateway.upstreams.origin import Network


def pool_of(settings: Destination, base_dir: Path, where: Where, report: Report) -> PoolPlan | None:
    """The plan of a destination's pool. None where there is nothing to watch: outside, and one replica of which nothing is said."""
    place = (*where, "pool")
    pool = settings.pool
    if pool is not None and (settings.zone != "local" or settings.kind != "openai_compatible"):
        report.add(place, "only replicas of a local openai_compatible destination are found and watched; leave it out")
        return None
    if pool is None:
        is_several = settings.zone == "local" and settings.kind == "openai_compatible" and len(settings.urls or ()) > 1
        return PoolPlan(states_networks=settings.networks is not None) if is_several else None
    if (pool.file is None) == (pool.discover == "file"):
        report.add((*place, "file"), "`file` and `discover: file` belong together")
    if pool.discover == "file" and (settings.url or settings.urls):
        report.add(place, "the file has the addresses; leave `url` and `urls` out")
    if pool.discover == "dns" and settings.urls is not None:
        report.add(place, "give one `url`: its host is looked up, and each of its addresses is a replica")
    return PoolPlan(
        discover=pool.discover,
        file=base_dir / pool.file if pool.file is not None and pool.discover == "file" else None,
        refresh_s=pool.refresh_s,
        reads_metrics=pool.metrics,
        every_s=pool.every_s,
        stall_s=pool.stall_s,
        states_networks=settings.networks is not None,
    )


def in_file(plan: PoolPlan, networks: Sequence[Network], where: Where, report: Report) -> Iterator[str]:
    """The replicas that a file names now. It must be there, and name one at least; what is wrong with it is reported by line."""
    place = (*where, "pool", "file")
    try:
        text = Path(plan.file or "").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        report.add(place, "the file cannot be read; it has one API base a line, such as http://10.0.0.1:8000/v1")
        return
    rows = list(listed(text, networks, has_networks=plan.states_networks))
    if not rows:
        report.add(place, "the file names no replica; it has one API base a line, such as http://10.0.0.1:8000/v1")
    for line, url, objection in rows:
        if objection:
            report.add(place, f"line {line}: {objection}")
        else:
            yield url
