"""HTTP/2 without TLS (RFC 9113): frames, header lists and streams, joined to requests and responses. Read from within `http`."""
