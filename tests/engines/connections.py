"""Connections to the provider: one for each message on `wasmtime serve`, kept ones on wasmCloud, as the page says."""

import asyncio
from pathlib import Path

from processes import Failed
from provider import Provider
from traffic import traffic

IN_FLIGHT = 4


def check(folder, kind, keeps):
    """Counts sockets towards a provider of its own, those that rest after their end included."""
    provider = Provider(folder)
    engine = kind(folder, provider, replicas=1)
    sent = asyncio.run(traffic(engine.address(0), 0.5, IN_FLIGHT)).count("accepted")
    found = sockets(provider.port)
    engine.stop()
    provider.process.end()
    print(f"  {kind.name}: {sent} messages over {found} connections", flush=True)
    if sent < 50:
        raise Failed(f"{kind.name}: only {sent} messages were accepted.")
    if keeps and found > 3 * IN_FLIGHT:
        raise Failed(f"{kind.name} made {found} connections for {sent} messages, and the page says that it keeps them.")
    if not keeps and found < sent:
        raise Failed(f"{kind.name} made {found} connections for {sent} messages. Correct the page's capacity.")


def sockets(port):
    """Sockets of this machine whose other end has this port."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[2].endswith(f":{port:04X}") for line in lines)
