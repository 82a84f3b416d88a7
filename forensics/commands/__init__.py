"""One file a subcommand of `athar`; each defines `command`. Heavy imports stay inside the functions."""
