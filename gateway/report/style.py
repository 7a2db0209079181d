"""How a report's page looks: light and dark, on screens and on paper. One colour for each path; areas are hatched as well."""

_AREAS = ("local", "cloud", "redacted", "idle", "beside", "gateway", "unseen", "spent", "baseline", "cache", "blocked")

_HATCHES = {
    "cloud": '<path d="M-1 1l2-2M0 8l8-8M7 9l2-2"/>',
    "redacted": '<path d="M0 0l8 8M-1 7l2 2M7-1l2 2"/>',
    "idle": '<path d="M0 4h8"/>',
    "beside": '<path d="M4 0v8"/>',
    "gateway": '<circle cx="4" cy="4" r="1.4"/>',
    "unseen": '<path d="M0 4h8M4 0v8"/>',
    "baseline": '<path d="M-1 1l2-2M0 8l8-8M7 9l2-2"/>',
    "cache": '<circle cx="2" cy="2" r="1.2"/>',
    "blocked": '<path d="M0 0l8 8M8 0l-8 8"/>',
}
"""Over the colour of an area, so that it is known without it."""

PATTERNS = (
    '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>'
    + "".join(
        f'<pattern id="hatch-{name}" width="8" height="8" patternUnits="userSpaceOnUse"><rect class="{name}" width="8" height="8"/>'
        f'<g class="hatch">{marks}</g></pattern>'
        for name, marks in _HATCHES.items()
    )
    + "</defs></svg>"
)

_COLOURS = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1b2430; --soft: #5a6675; --rule: #dfe4ea; --card: #f6f8fa; --good: #0b7a4b; --bad: #b42318;
  --local: #0d9488; --cloud: #d97706; --redacted: #7c5cd6; --idle: #a9b4c0; --beside: #c2557a; --gateway: #64748b; --unseen: #8b97a5;
  --spent: #1f5fae; --baseline: #b9c3cf; --cache: #4d9de0; --blocked: #b42318; --hatch: rgb(255 255 255 / .45);
}
@media (prefers-color-scheme: dark) { :root {
  --page: #12171e; --ink: #e6ebf1; --soft: #9dabbb; --rule: #2c3642; --card: #1a212a; --good: #4ade9c; --bad: #ff8a7a;
  --local: #2cb7a9; --cloud: #e7a03c; --redacted: #a790f0; --idle: #5d6a79; --beside: #dd7fa0; --gateway: #8493a8; --unseen: #6c7a8a;
  --spent: #5a9bea; --baseline: #465364; --cache: #6cb4ee; --blocked: #f0705f; --hatch: rgb(0 0 0 / .35);
} }
@media print { :root {
  color-scheme: light;
  --page: #ffffff; --ink: #000000; --soft: #444444; --rule: #cccccc; --card: #ffffff; --good: #0b7a4b; --bad: #b42318;
} }
"""

_LAYOUT = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
main { max-width: 928px; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
header { border-bottom: 3px solid var(--ink); margin-bottom: 1.5rem; }
.of { margin: 0; color: var(--soft); font-size: .875rem; letter-spacing: .06em; text-transform: uppercase; }
h1 { margin: .1rem 0 .7rem; font-size: 1.9rem; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; }
h2 { margin: 3rem 0 .6rem; font-size: 1.3rem; line-height: 1.25; font-weight: 650; }
p { margin: .5rem 0; max-width: 44rem; }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; background: var(--card); padding: .1em .3em; border-radius: 3px; }
.headline p { font-size: 1.13rem; line-height: 1.5; max-width: 50rem; }
.headline p:first-child { font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .9rem; margin: 1.6rem 0 0; }
.tile { background: var(--card); border: 1px solid var(--rule); border-top: 4px solid var(--soft); border-radius: 4px; }
.tile { padding: .8rem .9rem .9rem; }
.tile.good { border-top-color: var(--good); } .tile.bad { border-top-color: var(--bad); }
.tile dt { font-size: .875rem; color: var(--soft); } .tile dd { margin: 0; font-size: .84rem; line-height: 1.4; color: var(--soft); }
.tile .large { font-size: 1.85rem; line-height: 1.25; font-weight: 650; color: var(--ink); letter-spacing: -.01em; }
.tile.good .large { color: var(--good); } .tile.bad .large { color: var(--bad); }
figure { margin: 1.2rem 0; }
.caption { font-size: .9rem; color: var(--soft); margin: 1.4rem 0 0; } .caption + .scrolls { margin-top: .3rem; }
figcaption { font-size: .9rem; font-weight: 600; margin: 0 0 .5rem; padding: 0 0 .35rem; }
figure svg { display: block; max-width: 100%; height: auto; }
.narrow { display: none; }
.scrolls { overflow-x: auto; margin: 1.2rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; line-height: 1.4; }
th, td { padding: .4rem .7rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); font-weight: 400; }
thead th { color: var(--soft); font-size: .84rem; vertical-align: bottom; border-bottom: 2px solid var(--rule); }
.number { text-align: right; padding: .4rem 0 .4rem .9rem; white-space: nowrap; }
thead .number { white-space: normal; }
tbody th { min-width: 5.6em; }
.total th, .total td { font-weight: 650; border-top: 2px solid var(--rule); }
.part { display: block; height: 4px; margin-top: .2rem; background: var(--spent); border-radius: 2px; min-width: 1px; }
.notes { margin: 1rem 0 0; padding-left: 1.1rem; color: var(--soft); font-size: .88rem; max-width: 50rem; } .notes li { margin: .3rem 0; }
.patterns { position: absolute; }
svg text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--ink);
  font-variant-numeric: tabular-nums; }
svg .tick { fill: var(--soft); } svg .value { font-weight: 600; }
.grid { stroke: var(--rule); fill: none; } .axis { stroke: var(--soft); fill: none; }
.whisker { stroke: var(--ink); stroke-width: 1.6; fill: none; }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.line.cloud { stroke-dasharray: 7 4; } .line.redacted { stroke-dasharray: 2 4; } .line.blocked { stroke-dasharray: 1 6; }
.line.cache { stroke-dasharray: 9 3 2 3; }
.mark { stroke: var(--page); stroke-width: 1.5; }
.hatch { stroke: var(--hatch); stroke-width: 1.6; fill: none; }
@media (max-width: 700px) {
  main { padding: 1.4rem 1rem 3rem; }
  h1 { font-size: 1.5rem; } .headline p { font-size: 1.04rem; } .tiles { grid-template-columns: 1fr 1fr; gap: .6rem; }
  table { font-size: .86rem; } .tile .large { font-size: 1.5rem; } .wide { display: none; } .narrow { display: block; }
}
@media print {
  body { font-size: 11pt; } main { max-width: none; padding: 0; } h2 { margin-top: 1.6rem; break-after: avoid; }
  figure, tr, .tile, .tiles { break-inside: avoid; } .scrolls { overflow: visible; } .wide { display: block; } .narrow { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def _marks() -> str:
    rules = []
    for name in _AREAS:
        fill = f"url(#hatch-{name})" if name in _HATCHES else f"var(--{name})"
        rules.append(f".area.{name} {{ fill: {fill}; }} .mark.{name}, pattern .{name} {{ fill: var(--{name}); }}")
        rules.append(f".line.{name} {{ stroke: var(--{name}); }}")
    return "\n".join(rules)


STYLE = f"{_COLOURS.strip()}\n{_LAYOUT.strip()}\n{_marks()}"
