"""Cost of a send on each engine: CPU time of the serving process for each accepted message, in one run.

The provider answers at once on loopback, over plain HTTP but for the last line. Rounds alternate, so that what else the
machine does meets all of them."""

import asyncio
import json
from statistics import median

import tls
from engines import WasmCloud, WasmtimeServe
from processes import ROOT, Failed
from traffic import traffic

# The rate that Tencent Cloud SMS allows an account by default, in requests a second.
PROVIDER_LIMIT = 3000


def measure(folder, provider, secure, seconds, rounds):
    """Rows of label, ms of CPU, against the first, messages a second, MiB of memory."""
    provider.delay(0)
    lanes = [("wasmtime serve", lambda place: WasmtimeServe(place, provider, replicas=1))]
    if WasmCloud.lacks() is None:
        composed = folder / "composed.json"
        composed.write_text(composed_workload())
        lanes += [(label, wasmcloud(provider, **how)) for label, how in [
            ("wasmCloud, gateway and connector linked", {}),
            ("wasmCloud, composed", {"workload": composed}),
            ("wasmCloud, linked, with RUST_BACKTRACE=1", {"environment": {"RUST_BACKTRACE": "1"}}),
        ]]
        lanes.append(("wasmCloud, linked, over TLS to the provider", lambda place: tls.trusting(place, secure)))
    measured = {label: [] for label, _ in lanes}
    for turn in range(rounds):
        for nth, (label, engine) in enumerate(lanes):
            place = folder / f"cost-{turn}-{nth}"
            place.mkdir()
            measured[label].append(one(engine(place), seconds))
    rows = []
    for label, found in measured.items():
        cpu, rate, memory = (median(column) for column in zip(*found))
        rows.append((label, cpu, rate, memory))
    return rows


def wasmcloud(provider, **how):
    return lambda place: WasmCloud(place, provider, replicas=1, **how)


def one(engine, seconds):
    process = engine.processes[0]
    # Connections and code that the first requests find cold.
    asyncio.run(traffic(engine.address(0), 0.5))
    before = process.cpu_seconds()
    outcome = asyncio.run(traffic(engine.address(0), seconds))
    spent = process.cpu_seconds() - before
    memory = process.resident_mib()
    engine.stop()
    accepted = outcome.count("accepted")
    if accepted != len(outcome.told) or not accepted:
        raise Failed(f"{engine.name}: {len(outcome.told) - accepted} of {len(outcome.told)} were not accepted.")
    return spent * 1000 / accepted, accepted / outcome.seconds, memory


def composed_workload():
    """The workload of the page with the composed component in place of two."""
    workload = json.loads((ROOT / "deploy/wasmcloud/workload.json").read_text())
    world = workload["workload"]["witWorld"]
    gateway, connector = world["components"]
    gateway["image"] = "${COMPOSED_IMAGE}"
    gateway["localResources"]["allowedHosts"] = connector["localResources"]["allowedHosts"]
    world["components"] = [gateway]
    return json.dumps(workload)


def table(rows):
    """The rows as the page shows them."""
    first = rows[0][1]
    lines = [
        "| engine | CPU for each send | against the first | a process alone sends | memory | "
        f"cores for {PROVIDER_LIMIT:,} a second |",
        "|---|---|---|---|---|---|",
    ]
    for label, cpu, rate, memory in rows:
        lines.append(
            f"| {label} | {cpu:.2f} ms | {cpu / first:.1f}x | {rate:,.0f}/s | {memory:.0f} MiB | "
            f"{PROVIDER_LIMIT * cpu / 1000:.1f} |"
        )
    return lines
