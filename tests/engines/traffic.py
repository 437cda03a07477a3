"""Traffic: messages to gateways, each to another number, and what became of them by the caller's knowledge."""

import asyncio
import itertools
import json
from collections import Counter
from dataclasses import dataclass, field

KEY = "example-key-of-the-tests-32-bytes"
# A request may take the connector's 8 seconds, and the balancer gives up after 15.
PATIENCE = 20
NUMBERS = itertools.count(13_000_000_000)


@dataclass
class Outcome:
    """What the caller was told of each number, and how."""

    told: dict = field(default_factory=dict)
    # Of the answers that leave the outcome open: the status, or how the connection failed.
    doubts: Counter = field(default_factory=Counter)
    seconds: float = 0

    def count(self, state):
        return sum(1 for told in self.told.values() if told == state)


class Caller:
    """A client with one kept connection, which asks anew only where nothing was asked before."""

    def __init__(self, address):
        self.host, self.port = address.rsplit(":", 1)
        self.stream = None

    async def send(self, number, code="918273"):
        """The state that the answer proves: `accepted`, `not_sent`, or None with the reason for the doubt."""
        body = json.dumps({"to": number, "usage": "SignIn", "variables": {"code": code}}).encode()
        head = (
            f"POST /v1/messages HTTP/1.1\r\nHost: sms.example\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Type: application/json\r\nCorrelation-Id: c{number[1:]}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(PATIENCE):
                status, answer = await self.exchange(head.encode() + body)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            self.close()
            return None, type(error).__name__
        try:
            state = json.loads(answer).get("state")
        except (ValueError, AttributeError):
            state = None
        # The rule of docs/engines.md: only these two words of the gateway itself prove anything.
        if (status, state) == (200, "accepted") or state == "not_sent":
            return state, status
        return None, status

    async def exchange(self, request):
        if self.stream is None:
            self.stream = await asyncio.open_connection(self.host, int(self.port))
        reader, writer = self.stream
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ")[1])
        lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if "content-length" in lines:
            body = await reader.readexactly(int(lines["content-length"]))
        elif "chunked" in lines.get("transfer-encoding", ""):
            body = b""
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        else:
            body = await reader.read()
            self.close()
        if lines.get("connection") == "close":
            self.close()
        return status, body

    def close(self):
        if self.stream is not None:
            self.stream[1].close()
            self.stream = None


async def traffic(address, seconds, in_flight=12, beside=None):
    """Sends for so long, and as long as what happens beside it takes. Waits for what is under way."""
    outcome = Outcome()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    # In a thread, because it waits for processes.
    happening = asyncio.create_task(asyncio.to_thread(beside or (lambda: None)))

    async def work():
        caller = Caller(address)
        while loop.time() < begun + seconds or not happening.done():
            number = f"+86{next(NUMBERS)}"
            state, why = await caller.send(number)
            outcome.told[number] = state or "unknown"
            if state is None:
                outcome.doubts[str(why)] += 1
        caller.close()

    await asyncio.gather(*(work() for _ in range(in_flight)))
    outcome.seconds = loop.time() - begun
    await happening
    return outcome
