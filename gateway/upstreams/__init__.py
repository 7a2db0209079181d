"""What answers requests: one file per kind of upstream, behind `gateway.upstreams.upstream.Upstream`."""
