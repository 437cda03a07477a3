"""Prints three ports of loopback that are free now."""

import socket

sockets = [socket.socket() for _ in range(3)]
for each in sockets:
    each.bind(("127.0.0.1", 0))
    print(each.getsockname()[1])
