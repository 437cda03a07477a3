"""The release component in Wasmtime for Python. Run by run.sh."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
import unittest

import wasmtime

from connector import Connector, Message, NotSent, Unknown
from servers import DoubleAnswers, Refusal, SilentServer, Simulator

COMPONENT = os.environ["CONNECTOR_WASM"]
HERE = pathlib.Path(__file__).parent

# The longest that a call may take beyond its deadline, in seconds: starting an instance on a busy machine.
SLACK = 1.0

# What this host showed, for the compatibility table. Each test adds what it saw.
FINDINGS = {
    "host": "Python",
    "engine": "Wasmtime",
    "versions": {
        "Python": platform.python_version(),
        "wasmtime (PyPI)": importlib.metadata.version("wasmtime"),
    },
    "sha256": hashlib.sha256(pathlib.Path(COMPONENT).read_bytes()).hexdigest(),
    "states": {},
    "bounds": {},
    "transport": {},
}


def config(endpoint: str, **changes) -> str:
    usages = ("SignIn", "Register", "ForgotPassword", "Generic")
    return json.dumps({
        # The key pair that Tencent's documentation prints in its signing example.
        "accessKeyId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "accessKeySecret": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "signName": "腾讯云",
        "sdkAppId": "1400006666",
        "region": "ap-guangzhou",
        "endpoint": endpoint,
        "templates": [{"usageType": usage, "templateCode": "1110000"} for usage in usages],
    } | changes)


def message(**changes) -> Message:
    return Message(**({"to": "+8613800138000", "usage": "SignIn", "variables": {"code": "123456"}} | changes))


class ThreeStates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.connector = Connector(COMPONENT)

    def start(self, kind):
        server = kind()
        self.addCleanup(server.stop)
        return server

    def test_an_accepted_message_is_in_the_inbox_once(self):
        simulator = self.start(Simulator)
        receipt = self.connector.send(config(simulator.url), message())
        [received] = simulator.inbox("+8613800138000")
        self.assertEqual(received["params"], ["123456"])
        self.assertEqual(received["serial_no"], receipt["message-id"])
        self.assertIn(("route", "mainland"), receipt["attributes"])
        FINDINGS["states"]["accepted"] = True
        FINDINGS["transport"]["http"] = True

    def test_nothing_listening_is_not_sent(self):
        simulator, refusal = self.start(Simulator), self.start(Refusal)
        started = time.monotonic()
        with self.assertRaises(NotSent) as caught:
            self.connector.send(config(refusal.url), message(timeout_ms=2_000))
        self.assertLess(time.monotonic() - started, 2 + SLACK)
        self.assertEqual(caught.exception.kind, "unreachable")
        self.assertEqual(simulator.journal(), [], "a request reached somebody else")
        FINDINGS["states"]["not-sent"] = True

    def test_a_server_that_read_everything_and_stays_silent_is_unknown(self):
        server = self.start(SilentServer)
        started = time.monotonic()
        with self.assertRaises(Unknown) as caught:
            self.connector.send(config(server.url), message(timeout_ms=1_000))
        elapsed = time.monotonic() - started
        self.assertEqual(caught.exception.kind, "timeout")
        self.assertGreater(elapsed, 0.9)
        self.assertLess(elapsed, 1 + SLACK)
        [body] = server.complete_requests()
        self.assertEqual(json.loads(body)["PhoneNumberSet"], ["+8613800138000"])
        FINDINGS["states"]["unknown"] = True

    def test_a_second_answer_is_no_later_messages(self):
        server = self.start(DoubleAnswers)
        serials = []
        for identifier in ("first", "second", "third"):
            receipt = self.connector.send(config(server.url), message(correlation_id=identifier))
            serials.append(receipt["message-id"])
            time.sleep(0.08)
        # Wasmtime's own handler makes a connection for each request, so nothing can be left on one.
        self.assertEqual(serials, ["1:first", "2:second", "3:third"])

    def test_tls_to_an_authority_of_ones_own_is_not_sent(self):
        with tempfile.TemporaryDirectory() as folder:
            simulator = Simulator("--tls", "--ca-out", f"{folder}/ca.pem")
            self.addCleanup(simulator.stop)
            with self.assertRaises(NotSent) as caught:
                self.connector.send(config(simulator.url), message(timeout_ms=2_000))
        self.assertEqual(caught.exception.kind, "unreachable")
        FINDINGS["transport"]["private authority"] = False


class Errors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.connector = Connector(COMPONENT)

    def test_a_config_that_cannot_work_names_every_finding(self):
        with self.assertRaises(NotSent) as caught:
            self.connector.send(config("", signName="", sdkAppId="x"), message())
        self.assertEqual(caught.exception.kind, "invalid-config")
        found = {(finding["pointer"], finding["code"]) for finding in caught.exception.failure["diagnostics"]}
        self.assertEqual(found, {("/signName", "blank"), ("/sdkAppId", "malformed")})

    def test_a_refusal_of_the_service_keeps_its_code_and_says_how_long_to_wait(self):
        simulator = Simulator()
        self.addCleanup(simulator.stop)
        self.connector.send(config(simulator.url), message())
        with self.assertRaises(NotSent) as caught:
            self.connector.send(config(simulator.url), message())
        self.assertEqual(caught.exception.kind, "rate-limited")
        self.assertEqual(caught.exception.failure["provider-code"], "LimitExceeded.PhoneNumberThirtySecondLimit")
        self.assertEqual(caught.exception.failure["retry-after-ms"], 30_000)
        self.assertEqual(len(simulator.inbox("+8613800138000")), 1)

    def test_findings_come_in_the_language_asked_for(self):
        english = self.connector.validate_config("{}", ["en"])[0]
        chinese = self.connector.validate_config("{}", ["zh-CN"])[0]
        self.assertEqual(english["pointer"], chinese["pointer"])
        self.assertNotEqual(english["message"], chinese["message"])


class Metadata(unittest.TestCase):
    def test_names_come_with_their_language(self):
        metadata = Connector(COMPONENT).metadata()
        self.assertEqual(metadata["id"], "tencent-short-message-service")
        self.assertIn({"language": "en", "text": "Tencent Short Message Service"}, metadata["names"])
        self.assertIn(("target", "tencent-sms"), metadata["attributes"])


class Bounds(unittest.TestCase):
    def test_a_connector_that_computes_too_long_is_stopped(self):
        with self.assertRaises(wasmtime.WasmtimeError) as caught:
            Connector(COMPONENT, fuel=10_000).validate_config(config(""), [])
        self.assertIn("fuel", str(caught.exception))
        # A longer wait costs none.
        server = SilentServer()
        self.addCleanup(server.stop)
        for timeout_ms in (200, 1_500):
            with self.assertRaises(Unknown):
                Connector(COMPONENT, fuel=1_000_000).send(config(server.url), message(timeout_ms=timeout_ms))
        FINDINGS["bounds"]["time"] = "fuel; not while it waits for the network"

    def test_a_connector_that_needs_more_memory_than_granted_is_refused(self):
        # It begins with one page, 64 KiB.
        with self.assertRaises(wasmtime.WasmtimeError) as caught:
            Connector(COMPONENT, memory_bytes=32 << 10).metadata()
        self.assertIn("memory", str(caught.exception))
        FINDINGS["bounds"]["memory"] = "yes: `Store.set_limits`"

    def test_no_destination_can_be_withheld(self):
        # The linker has all of wasi:http or nothing, and nobody granted this server.
        server = SilentServer()
        self.addCleanup(server.stop)
        with self.assertRaises(Unknown):
            Connector(COMPONENT).send(config(server.url), message(timeout_ms=300))
        self.assertEqual(len(server.complete_requests()), 1)
        FINDINGS["bounds"]["destinations"] = "no"

    def test_a_component_gets_more_than_the_contract_grants(self):
        with tempfile.TemporaryDirectory() as folder:
            # Imports random numbers, and returns one: ../support/greedy.mjs has its text.
            greedy = pathlib.Path(folder, "greedy.wasm")
            greedy.write_bytes(bytes.fromhex((HERE.parent / "support" / "greedy.hex").read_text()))
            store, instance = Connector(str(greedy)).instance()
            self.assertIsInstance(instance.get_func(store, "draw")(store), int)
        FINDINGS["bounds"]["imports"] = "no: all of WASI 0.2 is linked"


class CommandLine(unittest.TestCase):
    def test_the_exit_code_says_which_state_it_was(self):
        simulator = Simulator()
        self.addCleanup(simulator.stop)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(config(simulator.url))
            file.flush()
            for expected, words in ((0, "accepted: "), (3, "NotSent: rate-limited: ")):
                done = subprocess.run(
                    [sys.executable, HERE / "connector.py", COMPONENT, "--config", file.name,
                     "--to", "+8613800138000", "--code", "123456"],
                    capture_output=True, text=True, timeout=30,
                )
                self.assertEqual(done.returncode, expected, done.stderr)
                self.assertTrue((done.stdout + done.stderr).startswith(words), done.stdout + done.stderr)
                self.assertNotIn("138000", done.stdout + done.stderr)


def tearDownModule():
    folder = pathlib.Path(os.environ["HOSTS_WORK_DIR"])
    (folder / "python.json").write_text(json.dumps(FINDINGS, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    unittest.main()
