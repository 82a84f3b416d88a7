"""HTTP/1 (RFC 9112): heads, framing, content, files, logins, and rows, of which HTTP/2 uses what is the same. Read from within `http`."""
