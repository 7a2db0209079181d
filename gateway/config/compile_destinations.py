"""Destinations: from what the file says to the router's `Target` and the gateway's `UpstreamPlan`, with every objection reported."""

import dataclasses
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network

from gateway.config.addresses import LOCAL_NETWORKS, external_objection, local_objection
from gateway.config.compile_headers import fixed_headers
from gateway.config.compile_pool import in_file, pool_of
from gateway.config.compile_reservation import one_price, reservation_of
from gateway.config.compile_signals import label_of
from gateway.config.compile_tariff import tariff_of
from gateway.config.compile_vendor import check, headers_of, key_header_of, lacks_of, quirks_of, row_of, speaks_of
from gateway.config.destinations import Destination, GpuCost, PriceKey, SecretRef, TokenCost
from gateway.config.errors import Report, Where, hint
from gateway.config.prices import Prices
from gateway.config.secrets import Secrets
from gateway.config.vendors import prefix_at
from gateway.plan import UpstreamPlan
from gateway.upstreams.origin import Network, Origin
from router.admission import Capacity
from router.cost import Tariff, tariff_from_map
from router.decision import Clocks, Hedge, Target
from router.labels import Labels
from router.names import Sent, TargetName

_OPTIONS = frozenset(
    {
        "aws_region_name", "aws_profile_name", "aws_role_name", "aws_session_name", "aws_access_key_id", "aws_secret_access_key",
        "aws_session_token", "vertex_project", "vertex_location", "vertex_credentials", "api_version", "organization",
    }
)  # fmt: skip
"""Options that litellm gets. None of them may name an address: where content goes is what the zone was judged by."""
_OF_MODELS = frozenset(
    {"admission", "model", "cost", "serves", "window", "aliases", "retries", "patience_s", "continues", "hedge", "can", "quirks"}
)
_BY_LITELLM = frozenset({"chat", "completions", "embeddings"})
_SECRET_OPTIONS = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "vertex_credentials"})


@dataclasses.dataclass(frozen=True, slots=True)
class Destinations:
    """Compiles one destination after another."""

    labels: Labels
    secrets: Secrets
    prices: Prices
    report: Report
    engines: dict[str, UpstreamPlan] = dataclasses.field(default_factory=dict)
    """What costs something by the hour, by address: the first destination there."""

    def compile(self, name: str, settings: Destination) -> tuple[Target, UpstreamPlan] | None:
        """The target and how it is reached. None when its clearance is unknown, so that no target can be made of it."""
        where: Where = ("destinations", name)
        clearance = label_of(settings.clearance, self.labels, (*where, "clearance"), self.report)
        self._model(settings, where)
        check(settings, where, self.report)
        upstream = self._upstream(TargetName(name), settings, where)
        one_price(upstream, self.engines, self.report)
        is_priced_by_map = isinstance(settings.cost, PriceKey) or settings.zone == "external"
        entry = self._entry(settings, upstream) if is_priced_by_map else None
        tariff = self._tariff(settings, entry, where)
        if clearance is None:
            return None
        target = Target(
            name=TargetName(name),
            zone=settings.zone,
            clearance=clearance,
            model=Sent(settings.model),
            region=settings.region or "",
            tariff=tariff,
            clocks=dataclasses.replace(Clocks(), **settings.clocks.model_dump(exclude_none=True)),
            window=settings.window or _window(entry),
            retries=settings.retries,
            replicas=0 if upstream.pool is not None and upstream.pool.discover != "list" else max(1, len(upstream.urls)),
            patience_s=settings.patience_s,
            continues=settings.continues,
            hedge=None if settings.hedge is None else Hedge(settings.hedge.after_s, settings.hedge.budget),
            speaks=speaks_of(settings, entry),
            lacks=lacks_of(settings, entry),
            quirks=quirks_of(settings, entry),
        )
        return target, upstream

    def _model(self, settings: Destination, where: Where) -> None:
        """A service has none of what belongs to a model."""
        if settings.kind == "presidio":
            for name in sorted(settings.model_fields_set & _OF_MODELS):
                self.report.add((*where, name), "this belongs to models, and a service for detectors is none; leave it out")
        elif not settings.model and not self.report.is_lost(*where):
            self.report.add((*where, "model"), "is missing")
        if settings.kind == "litellm" and settings.serves and not _BY_LITELLM.issuperset(settings.serves):
            self.report.add((*where, "serves"), f"a destination of kind litellm serves {', '.join(sorted(_BY_LITELLM))} only")
        if settings.continues and (settings.zone == "external" or settings.kind == "litellm"):
            self.report.add((*where, "continues"), "only local engines are known to go on from the beginning of an answer; leave it out")

    def _upstream(self, name: TargetName, settings: Destination, where: Where) -> UpstreamPlan:
        row, networks = row_of(settings), self._networks(settings, where)
        pool = pool_of(settings, self.secrets.base_dir, where, self.report)
        listed = pool if pool is not None and pool.file is not None else None
        urls = in_file(listed, networks, where, self.report) if listed else self._urls(settings, networks, where)
        return UpstreamPlan(
            target=name,
            kind=settings.kind,
            urls=tuple(urls),
            key=self.secrets.read(settings.key, (*where, "key")) if settings.key else None,
            key_header=key_header_of(settings),
            headers=(*headers_of(settings), *fixed_headers(settings.headers, (*where, "headers"), self.secrets)),
            networks=networks,
            options=dict(self._options(settings, (*where, "options"))),
            reservation=reservation_of(settings.cost, (*where, "cost"), self.report) if isinstance(settings.cost, GpuCost) else None,
            is_checked=settings.health_checks and settings.kind == "openai_compatible" and (row is None or row.lists_models),
            pool=pool,
            capacity=self._capacity(settings, where),
        )

    def _capacity(self, settings: Destination, where: Where) -> Capacity | None:
        admission, where = settings.admission, (*where, "admission")
        if admission is None:
            return None
        if settings.zone == "external":
            self.report.add(where, "only a local destination has room to keep; leave it out")
        return Capacity(
            slots=admission.slots,
            reserved_share=admission.reserved_share,
            reserved_for=label_of(admission.reserved_for, self.labels, (*where, "reserved_for"), self.report),
            queue=admission.queue,
            wait_s=admission.wait_s,
            spill_above_s=admission.spill_above_s if admission.spill else None,
        )

    def _urls(self, settings: Destination, networks: tuple[Network, ...], where: Where) -> Iterator[str]:
        if settings.kind == "litellm" and settings.zone == "local":
            self.report.add((*where, "kind"), "litellm looks up addresses by itself, so nothing holds it inside; use openai_compatible")
        if settings.url is not None and settings.urls is not None:
            self.report.add((*where, "urls"), "give either `url` or `urls`")
        urls = settings.urls or (settings.url,) if settings.url else settings.urls or ()
        if not urls and settings.kind != "litellm" and settings.vendor is None and not self.report.is_lost(*where):
            self.report.add(where, "needs `url` or `urls`, for example http://127.0.0.1:8000/v1")
        if len(urls) > 1 and settings.kind == "litellm":
            self.report.add((*where, "urls"), "litellm reaches one address; make a destination of each")
        for index, url in enumerate(urls):
            place = (*where, "urls", index) if settings.urls else (*where, "url")
            try:
                origin = Origin.parse(url, networks)
            except ValueError as error:
                self.report.add(place, str(error))
                continue
            is_stated = settings.networks is not None
            objection = local_objection(origin, has_networks=is_stated) if settings.zone == "local" else external_objection(origin)
            if objection:
                self.report.add(place, objection)
            if url in urls[:index]:
                self.report.add(place, "the same address stands here twice")
            yield url.rstrip("/")

    def _networks(self, settings: Destination, where: Where) -> tuple[Network, ...]:
        if settings.networks is None:
            return LOCAL_NETWORKS if settings.zone == "local" else ()
        if settings.zone == "external":
            self.report.add((*where, "networks"), "only a local destination is held inside networks")
        networks: list[IPv4Network | IPv6Network] = []
        for index, text in enumerate(settings.networks):
            try:
                network = ip_network(text)
            except ValueError:
                self.report.add((*where, "networks", index), "expected a network such as 10.0.0.0/8, with zeros after its prefix")
                continue
            if network.prefixlen == 0:
                self.report.add((*where, "networks", index), "this network is the whole internet; name your own")
            networks.append(network)
        return tuple(networks)

    def _options(self, settings: Destination, where: Where) -> Iterator[tuple[str, object]]:
        if settings.options and settings.kind != "litellm":
            self.report.add(where, f"{settings.kind} has no options")
            return
        for name, value in settings.options.items():
            if name not in _OPTIONS:
                self.report.add((*where, name), f"litellm gets no option of that name{hint(name, _OPTIONS)}")
            elif isinstance(value, SecretRef):
                yield name, self.secrets.read(value, (*where, name), is_document=True)
            elif name in _SECRET_OPTIONS:
                self.report.add((*where, name), "a secret is not written into the configuration; write {env: NAME} or {file: PATH}")
            else:
                yield name, value

    def _entry(self, settings: Destination, upstream: UpstreamPlan) -> Mapping[str, object] | None:
        if isinstance(settings.cost, PriceKey):
            return self.prices.lookup(settings.cost.price_key)
        if settings.kind == "litellm" or not upstream.urls:
            return self.prices.lookup(settings.model)
        row = row_of(settings)
        return self.prices.lookup(settings.model, row.prefix if row else prefix_at(Origin.parse(upstream.urls[0]).host))

    def _tariff(self, settings: Destination, entry: Mapping[str, object] | None, where: Where) -> Tariff | None:
        match settings.cost:
            case TokenCost() as cost:
                return tariff_of(cost, (*where, "cost"), self.report)
            case GpuCost() | "unknown":
                if isinstance(settings.cost, GpuCost) and settings.zone == "external":
                    self.report.add(
                        (*where, "cost"), "hours of GPUs are the price of a local destination; an external one has prices per token"
                    )
                return None
            case None if settings.zone == "local" or settings.kind == "presidio" or self.report.is_lost(*where, "cost"):
                return None
        tariff = tariff_from_map(entry) if entry else None
        if tariff is None:
            self.report.add((*where, "cost"), self._unpriced(settings.cost))
        return tariff

    def _unpriced(self, cost: PriceKey | None) -> str:
        remedy = "give `cost: {input_per_mtok_usd: ..., output_per_mtok_usd: ...}`, or write `cost: unknown` to have it counted as unknown"
        if not self.prices.has_map:
            return f"the price is not known, because litellm's price map is not installed: pip install 'tidegate[closed]'; or {remedy}"
        if cost is not None:
            return f"litellm's price map has no token prices for {cost.price_key!r}; {remedy}"
        return f"litellm's price map has no token prices for this model; name its entry with `cost: {{price_key: ...}}`, {remedy}"


def _window(entry: Mapping[str, object] | None) -> int:
    window = (entry or {}).get("max_input_tokens")
    return window if isinstance(window, int) and window > 0 else 0
