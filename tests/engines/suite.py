"""The suite: `suite.py` in about two minutes, `suite.py --full` in full length, which writes the page's tables."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import balancer
import cases
import connections
import contract
import cost
import manifests
import page
import tls
from engines import WasmCloud, WasmtimeServe
from processes import Failed
from provider import Provider


# What no run of this suite covers, with the reason.
NEVER_RUN = [
    "Kubernetes manifests on a cluster: no cluster is in a registry; they are checked against the schemas",
    "WorkloadDeployment: it needs a cluster and wasmCloud's operator",
    "Spin: it is in no registry that the tests use",
    "wasmtime serve over TLS to a provider that it trusts: it takes no private authority",
]


class Suite:
    def __init__(self, folder, is_full):
        self.folder = folder
        self.is_full = is_full
        self.seconds = 20 if is_full else 4
        self.provider = Provider(folder)
        self.secure = Provider(self.place("secure"), has_tls=True)
        self.rows = []
        self.skipped = []

    def step(self, title, action, *lacking):
        """Runs a step, or says loudly what it lacks. Gives what the step gave."""
        missing = [what for what in lacking if what]
        if missing:
            self.skipped.append(f"{title}: {', '.join(missing)} is not here")
            print(f"NOT RUN {self.skipped[-1]}", flush=True)
            return None
        begun = time.monotonic()
        given = action()
        print(f"{title}: held, in {time.monotonic() - begun:.0f} s", flush=True)
        return given

    def place(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def engine(self, kind):
        """Everything that one engine is held to."""
        lacks = kind.lacks()
        if lacks:
            self.step(f"All of {kind.name}", None, lacks)
            return
        folder = self.place(kind.name.replace(" ", "-"))
        engine = kind(folder, self.provider)
        self.step(f"{kind.name}: the gateway's answers", lambda: contract.check(engine, self.provider))
        if self.is_full:
            self.step(f"{kind.name}: a body that does not arrive", lambda: contract.slow_body(engine))
        plan = [(balancer.HAProxy, [cases.killed, cases.terminated, cases.drained])]
        if kind is WasmtimeServe:
            plan += [
                (balancer.Nginx, [cases.killed, cases.drained]),
                (balancer.CarelessHAProxy, [cases.killed]),
            ]
        for front, disturbances in plan:
            title = f"{kind.name} behind {front.program}"
            self.step(title, lambda: self.behind(folder, engine, front, disturbances), front.lacks())
        engine.stop()

    def behind(self, folder, engine, front, disturbances):
        running = front(folder, engine)
        for disturb in disturbances:
            result = cases.run(engine, running, disturb, self.provider, self.seconds)
            print(f"  {result.line()}", flush=True)
            if front is balancer.CarelessHAProxy:
                # The wrong one has to be seen to be wrong, or the suite shows nothing about the right ones.
                if not result.not_sent_delivered:
                    raise Failed("the wrong configuration was not seen to report delivered messages as not sent.")
            else:
                result.judge()
            self.rows.append(result.row())
        running.stop()

    def run(self):
        self.step("The balancers' rule in deploy/", balancer.check_rules)
        self.step("Kubernetes manifests", manifests.check, manifests.lacks())
        for kind in (WasmtimeServe, WasmCloud):
            self.engine(kind)
        granted = lambda: contract.denied(self.place("denied"), self.provider)
        self.step("wasmCloud: a connector without a grant", granted, WasmCloud.lacks())
        sent = lambda: tls.accepted(self.place("tls"), self.secure)
        self.step("wasmCloud: a message over TLS to the provider", sent, WasmCloud.lacks())
        for kind in (WasmtimeServe, WasmCloud):
            place = self.place(f"untrusted-{kind.name.replace(' ', '-')}")
            refused = lambda: tls.refused(place, self.secure, kind)
            self.step(f"{kind.name}: a provider with a certificate that is not trusted", refused, kind.lacks())
        for kind, keeps in ((WasmtimeServe, False), (WasmCloud, True)):
            place = self.place(f"connections-{keeps}")
            counted = lambda: connections.check(place, kind, keeps)
            self.step(f"{kind.name}: connections to the provider", counted, kind.lacks())
        lacks = [kind.lacks() for kind in (WasmtimeServe, WasmCloud, balancer.HAProxy)]
        self.step("The commands of docs/engines.md", lambda: page.run(self.place("page")), *lacks)
        seconds, rounds = (5, 5) if self.is_full else (1.5, 1)
        rows = self.step(
            "Cost of a send",
            lambda: cost.measure(self.place("cost"), self.provider, self.secure, seconds, rounds),
            WasmtimeServe.lacks(),
        )
        for line in cost.table(rows) if rows else []:
            print(f"  {line}")
        if self.is_full and not self.skipped:
            page.write_tables(self.rows, cost.table(rows))
            print("The tables of docs/engines.md are of this run.")


def main(words):
    if words not in ([], ["--full"]):
        raise SystemExit(__doc__)
    begun = time.monotonic()
    # So that the servers end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("tests/engines: ended from outside."))
    with tempfile.TemporaryDirectory(prefix="engines-") as folder:
        suite = Suite(Path(folder), bool(words))
        try:
            suite.run()
        except (Failed, AssertionError, OSError, subprocess.SubprocessError) as wrong:
            raise SystemExit(f"tests/engines: {wrong}") from None
    seconds = time.monotonic() - begun
    print("\nNot covered by any run:\n" + "\n".join(f"  {what}" for what in NEVER_RUN))
    # For whoever sums up after this.
    if "SKIPPED_FILE" in os.environ:
        Path(os.environ["SKIPPED_FILE"]).write_text("".join(f"{what}\n" for what in suite.skipped))
    if suite.skipped:
        print(f"\n{'!' * 78}\nNOT RUN, and not counted as passed:")
        print("\n".join(f"  {what}" for what in suite.skipped))
        print(f"{'!' * 78}\nWhat ran held, in {seconds:.0f} s.")
    else:
        print(f"Everything held, in {seconds:.0f} s.")


if __name__ == "__main__":
    main(sys.argv[1:])
