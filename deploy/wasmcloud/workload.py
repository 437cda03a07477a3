#!/usr/bin/env python3
"""Starts, checks and stops a workload on wasmCloud v2 hosts, without Kubernetes.

A host's control API is JSON over NATS. In a cluster the runtime operator speaks it; on a few machines this does, and
any NATS client could. Python's standard library is all that it needs.

  workload.py NATS_HOST:PORT hosts [HOW_MANY]
  workload.py NATS_HOST:PORT start HOST_ID WORKLOAD.json [NAME=VALUE ...]
  workload.py NATS_HOST:PORT status|stop HOST_ID WORKLOAD_ID

`hosts` waits for heartbeats, which come every 15 seconds. `start` replaces ${NAME} in strings of the file by a value
that is given, or by the environment's.
"""

import json
import os
import re
import socket
import sys
import time


class Nats:
    """A connection that publishes, subscribes and asks. https://docs.nats.io/reference/reference-protocols/nats-protocol"""

    PATIENCE = 40

    def __init__(self, address):
        host, port = address.removeprefix("nats://").rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), self.PATIENCE)
        self.file = self.socket.makefile("rb")
        self.file.readline()
        self.inbox = "_INBOX." + os.urandom(8).hex()
        self.send('CONNECT {"verbose":false,"pedantic":false,"no_responders":true,"headers":true}')

    def send(self, line, payload=None):
        data = line.encode() + b"\r\n"
        if payload is not None:
            data += payload + b"\r\n"
        self.socket.sendall(data)

    def messages(self, seconds=None):
        """Every message that arrives, as (subject, bytes), for so long."""
        until = time.monotonic() + seconds if seconds else None
        while until is None or time.monotonic() < until:
            if until:
                self.socket.settimeout(max(0.01, until - time.monotonic()))
            try:
                line = self.file.readline().decode().split()
            except TimeoutError:
                return
            if not line:
                raise SystemExit("NATS closed the connection.")
            match line[0].upper():
                case "PING":
                    self.send("PONG")
                case "MSG" | "HMSG":
                    payload = self.file.read(int(line[-1]) + 2)[:-2]
                    head = int(line[-2]) if line[0].upper() == "HMSG" else 0
                    if b" 503" in payload[:head]:
                        raise SystemExit("No host with this id listens.")
                    yield line[1], payload[head:]
                case "-ERR":
                    raise SystemExit("NATS: " + " ".join(line[1:]))

    def subscribe(self, subject, number):
        self.send(f"SUB {subject} {number}")

    def ask(self, subject, question):
        payload = json.dumps(question).encode()
        self.subscribe(self.inbox, 1)
        self.send(f"PUB {subject} {self.inbox} {len(payload)}", payload)
        for _, answer in self.messages(self.PATIENCE):
            return json.loads(answer)
        raise SystemExit(
            f"The host did not answer within {self.PATIENCE} seconds. Whether it did what was asked is unknown: ask for its status."
        )


def filled(value, values):
    """The value with ${NAME} replaced in its strings."""
    if isinstance(value, dict):
        return {key: filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, values) for inner in value]
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], value)
    return value


def state(answer):
    """The state and what the host says about it. Nothing of the request is repeated: it has secrets."""
    status = answer.get("workloadStatus") or {}
    return status.get("workloadState", "?"), status.get("message", "")


def hosts(nats, wanted):
    found = {}
    nats.subscribe("runtime.operator.heartbeat.*", 1)
    for _, payload in nats.messages(16):
        heartbeat = json.loads(payload)
        if heartbeat["id"] not in found:
            found[heartbeat["id"]] = heartbeat
            print(heartbeat["id"], heartbeat.get("hostname", ""), flush=True)
        if len(found) == wanted:
            return
    if not found or wanted:
        raise SystemExit(f"{len(found)} hosts were heard within 16 seconds.")


def main(words):
    match words:
        case [address, "hosts", *wanted]:
            hosts(Nats(address), int(wanted[0]) if wanted else 0)
        case [address, "start", host, file, *values]:
            with open(file, encoding="utf-8") as text:
                workload = json.load(text)
            if wrong := [value for value in values if "=" not in value]:
                raise SystemExit(f"{wrong[0]} is no value: write NAME=VALUE.")
            given = dict(value.split("=", 1) for value in values)
            try:
                workload = filled(workload, os.environ | given)
            except KeyError as name:
                raise SystemExit(f"{file} needs a value for {name}.") from None
            show(Nats(address).ask(f"runtime.host.{host}.workload.start", workload), "RUNNING")
        case [address, "status", host, workload]:
            show(Nats(address).ask(f"runtime.host.{host}.workload.status", {"workloadId": workload}), "RUNNING")
        case [address, "stop", host, workload]:
            show(Nats(address).ask(f"runtime.host.{host}.workload.stop", {"workloadId": workload}), "STOPPING")
        case _:
            raise SystemExit(__doc__)


def show(answer, wanted):
    found, message = state(answer)
    print(found.removeprefix("WORKLOAD_STATE_"), message)
    # A host starts a workload while it answers.
    if found.removeprefix("WORKLOAD_STATE_") not in (wanted, "STARTING"):
        raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
