"""Second readers: independent readings of the bytes that rows cite, so that no claim rests on our own parsers alone.

Nothing here uses the parsers it checks. Windows records are read by python-evtx, packets by scapy, lines of web servers by plain regular
expressions written apart from `parsers.web`.
"""
