"""Tencent's own SDK for Python as a lane: the conversation is described in benches/src/lane.rs.

Threads, because the SDK is synchronous; one client for each, as its documentation asks.
"""

import json
import math
import os
import platform
import resource
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models, sms_client

URL = urlsplit(os.environ["BENCH_URL"])
LOCAL = threading.local()


def client():
    if not hasattr(LOCAL, "client"):
        http = HttpProfile(protocol=URL.scheme, endpoint=URL.netloc, keepAlive=True)
        key = credential.Credential("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
        LOCAL.client = sms_client.SmsClient(key, "ap-guangzhou", ClientProfile(httpProfile=http))
    return LOCAL.client


def send(number):
    started = time.perf_counter()
    request = models.SendSmsRequest()
    request.PhoneNumberSet = [f"+86{number}"]
    request.SmsSdkAppId = "1400006666"
    request.TemplateId = "1110000"
    request.SignName = "腾讯云"
    request.TemplateParamSet = ["918273"]
    answer = client().SendSms(request)
    if answer.SendStatusSet[0].Code != "Ok":
        raise RuntimeError(answer.to_json_string())
    return (time.perf_counter() - started) * 1e6


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


pools = {}
for line in sys.stdin:
    order = json.loads(line)
    count, concurrency, first = order["count"], order.get("concurrency", 1), order.get("first", 0)
    pool = pools.setdefault(concurrency, ThreadPoolExecutor(concurrency))
    cpu_before, begun = cpu(), time.perf_counter()
    times = sorted(pool.map(send, range(13_800_000_000 + first, 13_800_000_000 + first + count)))
    wall, spent = time.perf_counter() - begun, cpu() - cpu_before
    print(json.dumps({
        "cpu_us": spent * 1e6 / count, "wall_us": wall * 1e6 / count,
        "p50_us": times[math.ceil((count - 1) * 0.5)], "p99_us": times[math.ceil((count - 1) * 0.99)], "resident": resident(),
        "runtime": f"Python {platform.python_version()}",
    }), flush=True)
