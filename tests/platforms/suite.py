"""Python's clients of auth platforms against the webhooks. See README.md."""

import datetime
import json
import os
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import _gojsonnet
from standardwebhooks import Webhook
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

SERVICE_URL = os.environ["SERVICE_URL"]
JSONNET = Path(__file__).parents[2] / "deploy/kratos/sms.jsonnet"


def command(*arguments):
    """Runs a command of the auth host and waits until the service has noticed."""
    program = [os.environ["AUTH_HOST_BIN"], *arguments, "--json", "--data", os.environ["SERVICE_DATA"]]
    shown = json.loads(subprocess.run(program, check=True, capture_output=True).stdout)
    time.sleep(1.2)
    return shown


def put(platform, name):
    shown = command("webhook", "put", name, "--platform", platform)
    return SERVICE_URL + shown["path"], shown["secret"], shown


def post(url, body, headers):
    """The status, the headers and the body of the answer."""
    request = urllib.request.Request(url, body, {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def codes(to):
    query = urllib.parse.urlencode({"to": to})
    with urllib.request.urlopen(f"{os.environ['SIMULATOR_URL']}/_sim/messages?{query}") as response:
        found = json.load(response)
    return [message["params"][0] for message in found.get("messages", found)]


class Supabase(unittest.TestCase):
    def test_message_signed_by_the_standard_library_is_sent(self):
        url, secret, _ = put("supabase", "supabase-python")
        signer = Webhook(secret.removeprefix("v1,"))
        body = json.dumps({
            "metadata": {"uuid": str(uuid.uuid4())}, "user": {"phone": "8613800138110"},
            "sms": {"otp": "123456", "phone": "8613800138110"},
        })
        now = datetime.datetime.now(datetime.timezone.utc)
        headers = {
            "webhook-id": "attempt-1", "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign("attempt-1", now, body),
        }
        status, _, text = post(url, body.encode(), headers)
        self.assertEqual((status, text), (200, "{}"))
        self.assertEqual(codes("+8613800138110"), ["123456"])
        status, _, _ = post(url, body.replace("123456", "654321").encode(), headers)
        self.assertEqual(status, 401)


class Kratos(unittest.TestCase):
    """What Kratos' courier posts, made by our Jsonnet from its context."""

    @classmethod
    def setUpClass(cls):
        cls.url, cls.secret, _ = put("kratos", "kratos-python")
        cls.snippet = JSONNET.read_text()

    def evaluated(self, context):
        return json.loads(_gojsonnet.evaluate_snippet("sms.jsonnet", self.snippet, tla_codes={"ctx": json.dumps(context)}))

    def test_each_template_with_a_code_arrives(self):
        for nth, name in enumerate(["login_code", "registration_code", "verification_code", "recovery_code"]):
            to = f"+861380013812{nth}"
            body = self.evaluated({
                "recipient": to, "subject": "", "body": "", "template_type": f"{name}_valid", "message_type": "sms",
                "template_data": {"to": to, name: "123456", "expires_in_minutes": 60, "identity": {"traits": {"email": "a@b.example"}}},
                "request_headers": {"Accept-Language": ["de-CH, de;q=0.9"], "True-Client-Ip": ["203.0.113.9"]},
            })
            self.assertNotIn("a@b.example", json.dumps(body))
            self.assertEqual((body["code"], body["client_ip"]), ("123456", "203.0.113.9"))
            status, _, text = post(self.url, json.dumps(body).encode(), {"x-api-key": self.secret})
            self.assertEqual((status, json.loads(text)["code"]), (200, "ok"), name)
            self.assertEqual(codes(to), ["123456"])
            # Six attempts are what Kratos makes of every failure.
            status, headers, _ = post(self.url, json.dumps(body).encode(), {"x-api-key": self.secret})
            self.assertEqual((status, headers["idempotency-replayed"]), (200, "true"))
            self.assertEqual(codes(to), ["123456"])

    def test_context_with_gaps_is_no_error(self):
        for context in [
            {"recipient": "+8613800138130", "template_type": "verifiable_address_changed", "template_data": {}, "request_headers": {}},
            {"recipient": "+8613800138130", "template_type": "authenticator_key_added", "template_data": None, "request_headers": None},
            {"recipient": "+8613800138130", "template_type": "stub", "request_headers": {"Accept-Language": []}},
        ]:
            body = self.evaluated(context)
            self.assertIsNone(body["code"])
            status, _, text = post(self.url, json.dumps(body).encode(), {"x-api-key": self.secret})
            self.assertEqual((status, json.loads(text)["code"]), (200, "ignored"))
        self.assertEqual(codes("+8613800138130"), [])


class Twilio(unittest.TestCase):
    def test_sdk_works_at_another_base_url(self):
        _, secret, shown = put("twilio-verify", "twilio-python")
        client = Client(shown["settings"]["auth"].removeprefix("basic:"), secret)
        client.verify.base_url = SERVICE_URL
        service = client.verify.v2.services(shown["path"].rsplit("/", 1)[1])
        to = "+8613800138140"
        started = service.verifications.create(to=to, channel="sms")
        self.assertEqual(started.status, "pending")
        [code] = codes(to)
        checked = service.verification_checks.create(to=to, code=code)
        self.assertEqual((checked.status, checked.valid), ("approved", True))
        with self.assertRaises(TwilioRestException) as refused:
            service.verification_checks.create(to=to, code=code)
        self.assertEqual((refused.exception.status, refused.exception.code), (404, 20404))


if __name__ == "__main__":
    unittest.main()
