"""The command line: one file per command or concern; `main` lists the commands."""
