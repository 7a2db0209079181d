"""The store of usage: what each request used, took and cost, kept without text for reports, chargeback and reconciliation."""
