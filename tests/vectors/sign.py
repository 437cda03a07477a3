"""Signs a SendSms body with TC3-HMAC-SHA256, by Python's hmac and hashlib alone.

Prints the Authorization header for each timestamp given. It shares no code with the connector; the tests'
expected values come from here.

    python3 tests/vectors/sign.py 1551113065 1700006399 1700006400
"""

import hashlib
import hmac
import sys
from datetime import datetime, timezone

SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
SECRET_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
HOST = "sms.tencentcloudapi.com"
CONTENT_TYPE = "application/json; charset=utf-8"
BODY = (
    '{"SmsSdkAppId":"1400006666","SignName":"腾讯云","TemplateId":"1110000",'
    '"TemplateParamSet":["123456"],"PhoneNumberSet":["+8613800138000"]}'
)


def digest(key: bytes, message: str) -> bytes:
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def authorization(timestamp: int, body: str = BODY) -> str:
    date = datetime.fromtimestamp(timestamp, timezone.utc).strftime("%Y-%m-%d")
    scope = f"{date}/sms/tc3_request"
    payload = hashlib.sha256(body.encode()).hexdigest()
    canonical = f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{HOST}\n\ncontent-type;host\n{payload}"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"TC3-HMAC-SHA256\n{timestamp}\n{scope}\n{hashed}"
    key = digest(digest(digest(f"TC3{SECRET_KEY}".encode(), date), "sms"), "tc3_request")
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return (
        f"TC3-HMAC-SHA256 Credential={SECRET_ID}/{scope}, "
        f"SignedHeaders=content-type;host, Signature={signature}"
    )


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(authorization(int(argument)))
