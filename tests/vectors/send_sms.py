"""Computes send_sms.json: signed SendSms requests, from Tencent's description of TC3-HMAC-SHA256 alone.

https://cloud.tencent.com/document/api/213/30654. Run `python3 send_sms.py > send_sms.json`; standard library only.
"""

import datetime
import hashlib
import hmac
import json

SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
SECRET_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
HOST = "sms.tencentcloudapi.com"
CONTENT_TYPE = "application/json; charset=utf-8"


def mac(key, text):
    return hmac.new(key, text.encode("utf-8"), hashlib.sha256).digest()


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def vector(name, timestamp, number, template):
    body = {
        "SmsSdkAppId": "1400006666",
        "SignName": "腾讯云",
        "TemplateId": template,
        "TemplateParamSet": ["918273"],
        "PhoneNumberSet": [number],
    }
    body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    canonical = f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{HOST}\n\ncontent-type;host\n{sha256(body)}"
    date = datetime.datetime.fromtimestamp(timestamp, datetime.timezone.utc).strftime("%Y-%m-%d")
    scope = f"{date}/sms/tc3_request"
    to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{sha256(canonical)}"
    key = mac(mac(mac(("TC3" + SECRET_KEY).encode(), date), "sms"), "tc3_request")
    signature = mac(key, to_sign).hex()
    return {
        "name": name,
        "timestamp": timestamp,
        "to": number,
        "body": body,
        "content_type": CONTENT_TYPE,
        "host": HOST,
        "authorization": f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, "
        f"SignedHeaders=content-type;host, Signature={signature}",
    }


VECTORS = [
    vector("the last second of a UTC day", 1700006399, "+8613800138000", "1110000"),
    vector("the first second of the next", 1700006400, "+8613800138000", "1110000"),
    vector("past midnight in China, the day before in UTC", 1699979400, "+447700900123", "1110002"),
    vector("the timestamp of the published vectors", 1551113065, "+447700900123", "1110002"),
]
print(json.dumps(VECTORS, ensure_ascii=False, indent=1))
