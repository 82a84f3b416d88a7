"""One file a format: each module declares `EXCHANGE` (see `cases.exchange.Exchange`)."""
