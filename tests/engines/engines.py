"""Engines: three replicas of the gateway on `wasmtime serve`, and on wasmCloud hosts."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from processes import ROOT, Failed, Process, call, free_port, wait_for
from traffic import KEY

NAME = "sms.example"
# What `cargo xtask dist` wrote: the engines serve the published files.
DIST = Path(os.environ["DIST_DIR"])


class WasmtimeServe:
    """The composed component, served by one process for each replica."""

    name = "wasmtime serve"

    def __init__(self, folder, provider, replicas=3, environment=None):
        self.folder = folder
        self.environment = environment or {}
        self.settings = {"GATEWAY_KEY": KEY, "CONNECTOR_CONFIG": provider.config()}
        self.ports = [free_port() for _ in range(replicas)]
        self.processes = [None] * replicas
        for nth in range(replicas):
            self.start(nth)

    @staticmethod
    def lacks():
        """What is missing here, if anything."""
        # A build without `serve` takes the word for a file's name.
        asked = [os.environ["WASMTIME_BIN"], "serve", "no-such-component.wasm"]
        try:
            said = subprocess.run(asked, capture_output=True, timeout=20).stderr
        except OSError:
            return "wasmtime (tests/hosts/cli/install.sh compiles it)"
        return None if b"no-such-component" in said else "a wasmtime with `serve`"

    def start(self, nth):
        arguments = ["serve", "-S", "cli,http", "--addr", f"127.0.0.1:{self.ports[nth]}"]
        for variable in self.settings:
            arguments += ["--env", variable]
        arguments = [os.environ["WASMTIME_BIN"], *arguments, DIST / "gateway/composed/tencent_sms_gateway.wasm"]
        self.processes[nth] = Process(f"serve-{nth}", arguments, self.folder, self.settings | self.environment)
        self.wait(nth)

    def address(self, nth):
        return f"127.0.0.1:{self.ports[nth]}"

    def is_healthy(self, nth):
        return call(f"http://{self.address(nth)}/healthz", headers={"Host": NAME})[0] == 200

    def wait(self, nth):
        wait_for(f"{self.name}: the start of replica {nth}", lambda: self.is_healthy(nth), self.processes[nth])

    def stop(self):
        for process in self.processes:
            process.end()


class WasmCloud(WasmtimeServe):
    """Gateway and connector as two components of one workload, which each host links. NATS carries the commands."""

    name = "wasmCloud"

    def __init__(self, folder, provider, replicas=3, environment=None, workload=None, provider_granted=True, more=()):
        self.folder = folder
        # Further arguments of each host.
        self.more = list(more)
        # wash keeps its configuration at home.
        self.environment = {"HOME": str(folder)} | (environment or {})
        self.nats = free_port()
        self.nats_process = Process("nats", ["nats-server", "-a", "127.0.0.1", "-p", self.nats], folder)
        self.registry = Registry(folder)
        self.workload = workload or ROOT / "deploy/wasmcloud/workload.json"
        self.values = {
            "SMS_HOST": NAME,
            "GATEWAY_KEY": KEY,
            "CONNECTOR_CONFIG": provider.config(),
            "PROVIDER": provider.url if provider_granted else "http://127.0.0.1:1",
            "GATEWAY_IMAGE": self.registry.publish("sms-gateway", "gateway", "--component"),
            "CONNECTOR_IMAGE": self.registry.publish("tencent-sms", "."),
            "COMPOSED_IMAGE": self.registry.publish("tencent-sms-gateway", "gateway/composed", "--component"),
        }
        self.ports = [free_port() for _ in range(replicas)]
        self.processes = [None] * replicas
        for nth in range(replicas):
            self.start(nth)

    @staticmethod
    def lacks():
        missing = [name for name in ("wash", "nats-server", "docker-registry") if shutil.which(name) is None]
        return ", ".join(missing) or None

    def start(self, nth):
        nats = f"nats://127.0.0.1:{self.nats}"
        arguments = ["wash", "host", "--http-addr", self.address(nth), "--host-name", f"host-{nth}"]
        arguments += ["--scheduler-nats-url", nats, "--data-nats-url", nats]
        # The registry speaks plain HTTP, and the provider is on loopback: for tests alone.
        arguments += ["--allow-insecure-registries", "--deny-special-ranges", "false"]
        arguments += ["--oci-cache-dir", self.folder / "cache", *self.more]
        # The log of an earlier host of this place comes before.
        log = self.folder / f"host-{nth}.log"
        earlier = log.read_text().count('host_id="') if log.exists() else 0
        process = Process(f"host-{nth}", arguments, self.folder, self.environment)
        self.processes[nth] = process
        found = lambda: re.findall('host_id="([^"]+)"', process.said())[earlier:]
        wait_for(f"{self.name}: the start of host {nth}", found, process)
        self.command("start", found()[0], self.workload)
        self.wait(nth)

    def command(self, *words):
        program = [sys.executable, ROOT / "deploy/wasmcloud/workload.py", f"127.0.0.1:{self.nats}", *words]
        done = subprocess.run(program, env=os.environ | self.values, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failed(f"workload.py {words[0]} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def stop(self):
        super().stop()
        self.nats_process.end()
        self.registry.process.end()


class Registry:
    """Debian's docker-registry, by the recipe of the page."""

    def __init__(self, folder):
        self.address = f"127.0.0.1:{free_port()}"
        recipe = (ROOT / "deploy/wasmcloud/registry.yml").read_text()
        (folder / "registry.yml").write_text(recipe.replace("127.0.0.1:5000", self.address))
        self.process = Process("registry", ["docker-registry", "serve", "registry.yml"], folder)
        wait_for("the registry's start", lambda: call(f"http://{self.address}/v2/")[0] == 200, self.process)

    def publish(self, name, folder, *more):
        """Publishes what is in a folder of `dist`, by the command that releases use, and returns its reference by digest."""
        reference = f"{self.address}/auth/{name}:0.1.0"
        publish = [os.environ["PUBLISH_BIN"], reference, "--folder", DIST / folder, "--loopback-http", "--unsigned", *more]
        done = subprocess.run(publish, capture_output=True, text=True, timeout=60)
        printed = re.search(r"^Published: oci://(\S+@sha256:[0-9a-f]{64})$", done.stdout, re.MULTILINE)
        if printed is None:
            raise Failed(f"{name} was not published: {done.stdout}{done.stderr}")
        return printed[1]
