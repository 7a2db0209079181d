"""`FAMILIES`: the one table of metrics, from which registration, documentation and dashboard checks are derived."""

from gateway.series import Family

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_OWN_SECONDS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_PER_TOKEN = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0)
_SCORES = tuple(step / 20 for step in range(1, 21))


FAMILIES: tuple[Family, ...] = (
    Family("requests_total", "counter", ("endpoint", "path", "target", "result"), "Requests, each counted once when it has ended."),
    Family("cascades_total", "counter", ("route", "result", "grounds"), "Local answers that were judged, by what came of it and why."),
    Family("refusals_total", "counter", ("code",), "Requests that got an error from the gateway, by error code."),
    Family("routes_total", "counter", ("route", "label"), "Decisions, by route and label."),
    Family(
        "request_duration_seconds",
        "histogram",
        ("path", "target"),
        "From the arrival of a request to the last byte of its answer.",
        _SECONDS,
    ),
    Family(
        "time_to_first_token_seconds",
        "histogram",
        ("path", "target"),
        "From the arrival of a streamed request to its commit point.",
        _SECONDS,
    ),
    Family(
        "time_per_output_token_seconds",
        "histogram",
        ("path", "target"),
        "Streams: time after the first token per further token.",
        _PER_TOKEN,
    ),
    Family("overhead_seconds", "histogram", ("stage",), "The gateway's own time, by stage.", _OWN_SECONDS),
    Family("upstream_attempts_total", "counter", ("target", "ending", "failure"), "Attempts, by how they ended."),
    Family("fallbacks_total", "counter", ("from", "to", "reason", "direction"), "Attempts at another target after a failure."),
    Family("sensitivity_requests_total", "counter", ("label", "path"), "Requests by label and the path that served them."),
    Family("pii_findings_total", "counter", ("category",), "Spans that detectors found."),
    Family("detector_doubts_total", "counter", ("kind",), "What detectors could not read or finish."),
    Family("egress_requests_total", "counter", ("target", "label"), "Attempts at external targets: request content left, of this label."),
    Family("egress_bytes_total", "counter", ("target", "label"), "Bytes of request bodies that were sent to external targets."),
    Family("redactions_total", "counter", ("result",), "Requests that could leave only redacted: done, or why they could not."),
    Family("redaction_unrestored_total", "counter", ("target",), "Placeholders in answers that stood for no value and were left."),
    Family("denied_total", "counter", ("label",), "Requests whose named target was not cleared for their label."),
    Family("difficulty_score", "histogram", ("path",), "Difficulty of requests, 0 to 1.", _SCORES),
    Family(
        "tokens_total", "counter", ("path", "target", "kind"), "Tokens as reported, or estimated; prompt has cached, completion reasoning."
    ),
    Family("cost_usd_total", "counter", ("path", "target"), "Known cost of requests."),
    Family("cost_unknown_total", "counter", ("target",), "Served requests whose cost is unknown: no price, or no usage."),
    Family("usage_estimated_total", "counter", ("target",), "Answers cut short, whose usage is estimated."),
    Family("baseline_cost_usd_total", "counter", ("path",), "What the same tokens would have cost at the declared baseline."),
    Family("client_disconnects_total", "counter", ("path",), "Callers that left before the end."),
    Family("stream_terminations_total", "counter", ("kind",), "Streams, by how they ended: complete, broken, abandoned."),
    Family("circuit_state", "gauge", ("target", "replica", "state"), "1 for the state that the replica's breaker is in."),
    Family("requests_in_flight", "gauge", ("target", "replica"), "Attempts that are running."),
    Family("retry_budget", "gauge", ("target",), "Retries that the target may still get; requests that are none fill it up."),
    Family("health_checks_total", "counter", ("target", "result"), "Checks of failed replicas beside the traffic: up, down, back."),
    Family("requests_waiting", "gauge", (), "Requests that wait for a target to come back."),
    Family("waits_total", "counter", (), "Times that a request waited for a target to come back."),
    Family("replica_state", "gauge", ("target", "replica", "state"), "1 for each reason for which the replica gets no requests, or few."),
    Family("replica_requests", "gauge", ("target", "replica", "state"), "Requests that the engine says it runs, and has waiting."),
    Family("replica_kv_use_ratio", "gauge", ("target", "replica"), "How much of its KV cache the engine says is in use, 0 to 1."),
    Family("scrape_missing_series", "gauge", ("target", "replica", "series"), "1 while the engine's metrics lack what is read of them."),
    Family("ledger_available", "gauge", (), "1 while the egress ledger can be written, so that content may leave."),
    Family("ledger_records_total", "counter", ("kind",), "Lines that were written to the egress ledger, by kind."),
    Family("ledger_failures_total", "counter", (), "Times that the egress ledger could not be written."),
    Family("backstop_refusals_total", "counter", ("event",), "What the process tried outside of its registered destinations."),
    Family("taint_inherited_total", "counter", ("source",), "Requests that continue or quote one with a label, by what showed it."),
    Family("declassified_total", "counter", ("from", "to"), "Requests whose label a key with the right to do so lowered."),
    Family("rerouted_total", "counter", ("reason",), "Requests whose named target was not used."),
    Family("sticky_total", "counter", ("result",), "Conversations that would have gone elsewhere: kept where they were, or switched."),
    Family("canary_runs_total", "counter", ("result",), "Made-up sensitive requests that were judged: kept, leaked, failed."),
    Family("local_queue_depth", "gauge", ("target", "class"), "Requests that wait for room at a local target."),
    Family("queue_wait_seconds", "histogram", ("target", "class"), "How long attempts at a target with lines waited for room.", _SECONDS),
    Family("spilled_total", "counter", ("target", "trigger"), "Requests that went on to the next target for want of room at this one."),
    Family("admission_refusals_total", "counter", ("target", "class", "trigger"), "Attempts that found no room, and no other target."),
    Family("first_token_forecast_seconds", "gauge", ("target",), "Forecast of the first token of a request that would come now."),
    Family("admission_slots", "gauge", ("target",), "Attempts that a target takes at a time, as configured or learnt."),
    Family("lockdown", "gauge", (), "1 while nothing goes outside."),
    Family("log_lines_lost_total", "counter", (), "Lines about requests that could not be written: a full disk, or nobody who reads."),
    Family("event_loop_lag_seconds", "histogram", (), "How late a short sleep ended: for so long nobody was served.", _OWN_SECONDS),
    Family("caller_connections", "gauge", (), "Connections of callers that are open."),
    Family("held_bytes", "gauge", (), "Bytes of request bodies that are held."),
)
