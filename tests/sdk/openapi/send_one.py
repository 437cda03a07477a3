"""Sends one message to a lenient simulator, whose checks of credentials let anything pass."""

import json
import os
import time
import urllib.request

body = {
    "PhoneNumberSet": ["+8613800138000"],
    "SmsSdkAppId": "1400006666",
    "TemplateId": "1110000",
    "SignName": "腾讯云",
    "TemplateParamSet": ["123456"],
}
headers = {
    "Content-Type": "application/json",
    "X-TC-Action": "SendSms",
    "X-TC-Version": "2021-01-11",
    "X-TC-Timestamp": str(int(time.time())),
    "X-TC-Region": "ap-guangzhou",
    "Authorization": "TC3-HMAC-SHA256 Credential=AKIDanybody/2024-01-01/sms/tc3_request, "
    "SignedHeaders=content-type;host, Signature=" + "0" * 64,
}
request = urllib.request.Request(os.environ["SIMULATOR_URL"], json.dumps(body).encode(), headers)
answer = json.load(urllib.request.urlopen(request, timeout=10))
assert answer["Response"]["SendStatusSet"][0]["Code"] == "Ok", answer["Response"]
