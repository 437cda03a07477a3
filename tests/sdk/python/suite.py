"""Tencent's Python SDK, unmodified, against a running simulator. Started by run.sh."""

import json
import os
import socket
import threading
import time
import unittest
import urllib.request
from urllib.parse import urlsplit

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models, sms_client

URL = urlsplit(os.environ["SIMULATOR_URL"])
SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
SECRET_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
APP = "1400006666"
NUMBER = "+8613800138000"


def client(secret_key=SECRET_KEY, endpoint=URL.netloc, method="POST", secret_id=SECRET_ID, token=None, unsigned=False):
    http = HttpProfile(protocol=URL.scheme, endpoint=endpoint, reqMethod=method, reqTimeout=10)
    profile = ClientProfile(httpProfile=http)
    profile.unsignedPayload = unsigned
    return sms_client.SmsClient(credential.Credential(secret_id, secret_key, token), "ap-guangzhou", profile)


def call(action, body, **options):
    request = getattr(models, action + "Request")()
    request.from_json_string(json.dumps(body))
    answer = getattr(client(**options), action)(request)
    return json.loads(answer.to_json_string())


def message(**changes):
    return {
        "PhoneNumberSet": [NUMBER],
        "SmsSdkAppId": APP,
        "TemplateId": "1110000",
        "SignName": "腾讯云",
        "TemplateParamSet": ["123456"],
    } | changes


def control(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(URL.geturl() + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


class Suite(unittest.TestCase):
    def setUp(self):
        control("POST", "/_sim/reset")
        control("PUT", "/_sim/clock", {"offset_s": 0})

    def refused(self, code, **options):
        with self.assertRaises(TencentCloudSDKException) as caught:
            call("SendSms", message(), **options)
        self.assertEqual(caught.exception.get_code(), code)
        self.assertRegex(caught.exception.get_request_id(), r"^[0-9a-f-]{36}$")

    def test_a_message_is_sent_and_its_code_arrives(self):
        answer = call("SendSms", message(SessionContext="python"))
        status = answer["SendStatusSet"][0]
        self.assertEqual((status["Code"], status["PhoneNumber"], status["Fee"]), ("Ok", NUMBER, 1))
        self.assertEqual(status["SessionContext"], "python")
        latest = control("GET", "/_sim/otp/latest?to=%2B8613800138000&wait=5")
        self.assertEqual(latest["otp"], "123456")

    def test_the_same_again_hits_the_limit(self):
        self.assertEqual(call("SendSms", message())["SendStatusSet"][0]["Code"], "Ok")
        again = call("SendSms", message())["SendStatusSet"][0]
        self.assertEqual(again["Code"], "LimitExceeded.PhoneNumberThirtySecondLimit")

    def test_a_get_is_signed_and_understood_as_well(self):
        self.assertEqual(call("SendSms", message(), method="GET")["SendStatusSet"][0]["Code"], "Ok")

    def test_an_unsigned_payload_is_understood(self):
        self.assertEqual(call("SendSms", message(), unsigned=True)["SendStatusSet"][0]["Code"], "Ok")

    def test_a_wrong_key_is_refused(self):
        self.refused("AuthFailure.SignatureFailure", secret_key="not the key")
        self.refused("AuthFailure.SecretIdNotFound", secret_id="AKIDnobodyEXAMPLE")

    def test_a_temporary_key_needs_its_token(self):
        key = {"secret_id": "AKID5URYX45jqRO25g3uK5kbAAegiEXAMPLE", "secret_key": "Wq7dNf2ZkVxS9mTbR4hLcYp8gEXAMPLE"}
        self.refused("AuthFailure.TokenFailure", **key)
        answer = call("SendSms", message(), token="Kx4vRb9TnZ2mQw7sHd5LEXAMPLE", **key)
        self.assertEqual(answer["SendStatusSet"][0]["Code"], "Ok")

    def test_one_byte_tampered_on_the_way_is_refused(self):
        with Tamper(b"123456") as port:
            # The proxy has another port than the simulator: the untampered control below shows that this
            # is not what is refused.
            self.refused("AuthFailure.SignatureFailure", endpoint="127.0.0.1:%d" % port)
        with Tamper(b"no such bytes") as port:
            answer = call("SendSms", message(), endpoint="127.0.0.1:%d" % port)
            self.assertEqual(answer["SendStatusSet"][0]["Code"], "Ok")

    def test_a_clock_that_is_off_is_refused(self):
        control("PUT", "/_sim/clock", {"offset_s": 302})
        self.refused("AuthFailure.SignatureExpire")

    def test_templates_and_signatures_are_listed(self):
        templates = call("DescribeSmsTemplateList", {"International": 0, "TemplateIdSet": [1110000]})
        self.assertEqual(templates["DescribeTemplateStatusSet"][0]["StatusCode"], 0)
        signatures = call("DescribeSmsSignList", {"International": 0})
        self.assertEqual(signatures["DescribeSignListStatusSet"][0]["SignName"], "腾讯云")

    def test_delivery_reports_are_pulled(self):
        begin = int(time.time()) - 60
        call("SendSms", message())
        control("PUT", "/_sim/clock", {"advance_ms": 5000})
        query = {"SmsSdkAppId": APP, "PhoneNumber": NUMBER, "BeginTime": begin, "Limit": 10, "Offset": 0}
        pulled = call("PullSmsSendStatusByPhoneNumber", query)
        self.assertEqual(pulled["PullSmsSendStatusSet"][0]["ReportStatus"], "SUCCESS")
        queue = {"SmsSdkAppId": APP, "Limit": 10}
        self.assertEqual(len(call("PullSmsSendStatus", queue)["PullSmsSendStatusSet"]), 1)
        self.assertEqual(call("PullSmsSendStatus", queue)["PullSmsSendStatusSet"], [])

    def test_the_other_actions_answer_in_the_shape_that_the_sdk_reads(self):
        call("SendSms", message())
        period = {"SmsSdkAppId": APP, "Limit": 0, "Offset": 0, "BeginTime": "2024010100", "EndTime": "2099010100"}
        self.assertEqual(call("SendStatusStatistics", period)["SendStatusStatistics"]["RequestSuccessCount"], 1)
        [package] = call("SmsPackagesStatistics", period | {"Limit": 10})["SmsPackagesStatisticsSet"]
        self.assertGreater(package["PackageAmount"], package["CurrentUsage"])
        info = call("DescribePhoneNumberInfo", {"PhoneNumberSet": [NUMBER]})
        self.assertEqual(info["PhoneNumberInfoSet"][0]["IsoCode"], "CN")
        conversion = {"SmsSdkAppId": APP, "SerialNo": "1", "ConversionTime": 1}
        self.assertEqual(call("ReportConversion", conversion)["ReportConversionStatus"]["Code"], "ok")

    def test_an_answer_that_never_comes_is_an_error_and_the_message_is_in_the_inbox(self):
        control("POST", "/_sim/faults", {"fault": {"kind": "accept-then-close"}})
        with self.assertRaises(TencentCloudSDKException):
            call("SendSms", message())
        self.assertEqual(len(control("GET", "/_sim/messages")["messages"]), 1)


class Tamper:
    """A TCP proxy that flips one bit of the first byte of a pattern on its way to the simulator."""

    def __init__(self, pattern):
        self.pattern = pattern

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()
        return self.listener.getsockname()[1]

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        try:
            while True:
                inbound, _ = self.listener.accept()
                outbound = socket.create_connection((URL.hostname, URL.port))
                threading.Thread(target=self.pump, args=(inbound, outbound, True), daemon=True).start()
                threading.Thread(target=self.pump, args=(outbound, inbound, False), daemon=True).start()
        except OSError:
            pass

    def pump(self, source, target, tamper):
        try:
            while data := source.recv(65536):
                at = data.find(self.pattern) if tamper else -1
                if at >= 0:
                    data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


if __name__ == "__main__":
    unittest.main()
