"""Cases: what happens to replicas under traffic, and what callers were told, compared with the inbox."""

import asyncio
import signal
import time
from dataclasses import dataclass, field

import provider as simulator
from processes import Failed
from traffic import traffic


def killed(engine, balancer, nth):
    """Ended without a warning."""
    expect(engine.processes[nth].end(signal.SIGKILL), (-9,))


def terminated(engine, balancer, nth):
    """Asked to end while requests are under way. Neither engine waits for them by default."""
    expect(engine.processes[nth].end(signal.SIGTERM), (0, -15))


def drained(engine, balancer, nth):
    """Taken out of the balancer first."""
    balancer.drain(nth)
    terminated(engine, balancer, nth)


def expect(code, wanted):
    if code not in wanted:
        raise Failed(f"a replica ended with {code}.")


@dataclass
class Result:
    """A line of the table."""

    engine: str
    balancer: str
    disturbance: str
    requests: int
    accepted: int
    not_sent: int
    unknown: int
    unknown_delivered: int
    not_sent_delivered: int
    accepted_missing: int
    doubles: int
    seconds: float
    doubts: dict = field(default_factory=dict)

    def line(self):
        return (
            f"{self.engine} behind {self.balancer}, {self.disturbance}: {self.requests} requests in "
            f"{self.seconds:.0f} s, {self.accepted} accepted, {self.not_sent} not sent, {self.unknown} unknown "
            f"({self.unknown_delivered} of them delivered) {self.doubts or ''}"
        )

    def row(self):
        return [
            self.engine,
            self.balancer,
            self.disturbance,
            f"{self.requests:,}",
            f"{self.accepted:,}",
            f"{self.unknown_delivered} / {self.unknown - self.unknown_delivered}",
            str(self.not_sent_delivered),
            str(self.doubles),
        ]

    def judge(self):
        """The promises, for a balancer that keeps the rule."""
        wrong = []
        if self.doubles:
            wrong.append(f"{self.doubles} numbers got more than one message")
        if self.not_sent_delivered:
            wrong.append(f"{self.not_sent_delivered} delivered messages were reported as not sent")
        if self.accepted_missing:
            wrong.append(f"{self.accepted_missing} accepted messages are not in the inbox")
        # A replica that ends may say truthfully that it did not send: the inbox was compared above.
        if self.not_sent and self.disturbance == "drained":
            wrong.append(f"{self.not_sent} messages were refused, though nothing was wrong with them")
        if self.disturbance == "drained" and self.unknown:
            wrong.append(f"{self.unknown} outcomes are unknown, though every replica was drained")
        # A connection that closes without an answer makes some clients ask again by themselves.
        silent = sum(count for why, count in self.doubts.items() if not why.isdigit())
        if self.balancer == "HAProxy" and silent:
            wrong.append(f"{silent} requests got no answer")
        # Fewer would show nothing.
        if self.accepted < 30 * self.seconds:
            wrong.append(f"only {self.accepted} messages were accepted in {self.seconds:.0f} s")
        if wrong:
            raise Failed(f"{self.engine} behind {self.balancer}, {self.disturbance}: " + "; ".join(wrong) + ".")


def run(engine, balancer, disturb, provider, seconds):
    """Traffic through the balancer while every replica in turn is disturbed and started again."""
    provider.delay(simulator.DELAY_MS)
    provider.empty()
    # A part of the time passes between the disturbances, whatever starts take.
    pause = seconds / (2 * len(engine.ports))

    def beside():
        for nth in range(len(engine.ports)):
            time.sleep(pause)
            disturb(engine, balancer, nth)
            time.sleep(pause / 2)
            engine.start(nth)
            if disturb is drained:
                balancer.undrain(nth)
        time.sleep(pause)

    outcome = asyncio.run(traffic(balancer.address, seconds, beside=beside))
    # What was under way when a replica ended may still reach the inbox.
    time.sleep(0.5)
    return compared(engine, balancer, disturb.__name__, outcome, provider.inbox())


def compared(engine, balancer, disturbance, outcome, inbox):
    told = outcome.told
    of = lambda state: [number for number, said in told.items() if said == state]
    strangers = set(inbox) - set(told)
    if strangers:
        raise Failed(f"{len(strangers)} numbers in the inbox were never written to.")
    return Result(
        engine=engine.name,
        balancer=balancer.program,
        disturbance=disturbance,
        requests=len(told),
        accepted=len(of("accepted")),
        not_sent=len(of("not_sent")),
        unknown=len(of("unknown")),
        unknown_delivered=sum(inbox[number] > 0 for number in of("unknown")),
        not_sent_delivered=sum(inbox[number] > 0 for number in of("not_sent")),
        accepted_missing=sum(inbox[number] == 0 for number in of("accepted")),
        doubles=sum(count > 1 for count in inbox.values()),
        seconds=outcome.seconds,
        doubts=dict(outcome.doubts),
    )
