// Tencent's Node SDK, unmodified, against a running simulator. Started by run.sh.
"use strict";

const assert = require("node:assert/strict");
const http = require("node:http");
const net = require("node:net");
const { before, test } = require("node:test");
const tencentcloud = require("tencentcloud-sdk-nodejs-sms");

const url = new URL(process.env.SIMULATOR_URL);
const SECRET_ID = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
const SECRET_KEY = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const APP = "1400006666";
const NUMBER = "+8613800138000";

function client({ secretKey = SECRET_KEY, endpoint = url.host, method = "POST", secretId = SECRET_ID, token } = {}) {
  return new tencentcloud.sms.v20210111.Client({
    credential: { secretId, secretKey, token },
    region: "ap-guangzhou",
    profile: { httpProfile: { endpoint, protocol: `${url.protocol}//`, reqMethod: method, reqTimeout: 10 } },
  });
}

function message(changes = {}) {
  return {
    PhoneNumberSet: [NUMBER],
    SmsSdkAppId: APP,
    TemplateId: "1110000",
    SignName: "腾讯云",
    TemplateParamSet: ["123456"],
    ...changes,
  };
}

function control(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, url), { method, headers: body ? { "content-type": "application/json" } : {} }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve(JSON.parse(text)));
    });
    request.on("error", reject);
    request.end(body && JSON.stringify(body));
  });
}

before(() => control("POST", "/_sim/reset"));

test("a message is sent and its code arrives", async () => {
  const answer = await client().SendSms(message({ SessionContext: "node" }));
  const [status] = answer.SendStatusSet;
  assert.equal(status.Code, "Ok");
  assert.equal(status.PhoneNumber, NUMBER);
  assert.equal(status.Fee, 1);
  assert.equal(status.SessionContext, "node");
  assert.match(status.SerialNo, /^\d{4}:\d{27}$/);
  assert.match(answer.RequestId, /^[0-9a-f-]{36}$/);
  const latest = await control("GET", `/_sim/otp/latest?to=${encodeURIComponent(NUMBER)}&wait=5`);
  assert.equal(latest.otp, "123456");
});

test("the same again within thirty seconds hits the limit", async () => {
  const answer = await client().SendSms(message());
  assert.equal(answer.SendStatusSet[0].Code, "LimitExceeded.PhoneNumberThirtySecondLimit");
});

test("a GET is signed and understood as well", async () => {
  const answer = await client({ method: "GET" }).SendSms(message({ PhoneNumberSet: ["+8613800138001"] }));
  assert.equal(answer.SendStatusSet[0].Code, "Ok");
});

test("a wrong key is refused with the service's code", async () => {
  const wrong = client({ secretKey: "not the key" }).SendSms(message());
  await assert.rejects(wrong, (error) => {
    assert.equal(error.code, "AuthFailure.SignatureFailure");
    assert.match(error.requestId, /^[0-9a-f-]{36}$/);
    return true;
  });
  const unknown = client({ secretId: "AKIDnobodyEXAMPLE" }).SendSms(message());
  await assert.rejects(unknown, { code: "AuthFailure.SecretIdNotFound" });
});

test("one byte tampered on the way is refused with the service's code", async () => {
  const proxy = net.createServer((inbound) => {
    const outbound = net.connect(Number(url.port), url.hostname);
    inbound.on("data", (bytes) => {
      const at = bytes.indexOf("123456");
      if (at >= 0) bytes[at] ^= 1;
      outbound.write(bytes);
    });
    outbound.pipe(inbound);
    inbound.on("end", () => outbound.end());
    for (const socket of [inbound, outbound]) socket.on("error", () => socket.destroy());
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  try {
    // What the client signs is the simulator's own name, so the body is all that differs.
    const agent = new http.Agent();
    agent.createConnection = () => net.connect(proxy.address().port, "127.0.0.1");
    const tampered = new tencentcloud.sms.v20210111.Client({
      credential: { secretId: SECRET_ID, secretKey: SECRET_KEY },
      region: "ap-guangzhou",
      profile: { httpProfile: { endpoint: url.host, protocol: "http://", agent } },
    });
    await assert.rejects(tampered.SendSms(message()), { code: "AuthFailure.SignatureFailure" });
  } finally {
    proxy.close();
  }
});

test("a temporary key needs its token", async () => {
  const temporary = { secretId: "AKID5URYX45jqRO25g3uK5kbAAegiEXAMPLE", secretKey: "Wq7dNf2ZkVxS9mTbR4hLcYp8gEXAMPLE" };
  await assert.rejects(client(temporary).SendSms(message()), { code: "AuthFailure.TokenFailure" });
  const answer = await client({ ...temporary, token: "Kx4vRb9TnZ2mQw7sHd5LEXAMPLE" }).SendSms(
    message({ PhoneNumberSet: ["+8613800138002"] }),
  );
  assert.equal(answer.SendStatusSet[0].Code, "Ok");
});

test("a wrong parameter type is refused with the service's code", async () => {
  await assert.rejects(client().SendSms(message({ TemplateId: 1110000 })), { code: "InvalidParameter" });
});

test("templates and signatures are listed", async () => {
  const templates = await client().DescribeSmsTemplateList({ International: 0, TemplateIdSet: [1110000] });
  const [template] = templates.DescribeTemplateStatusSet;
  assert.equal(template.StatusCode, 0);
  assert.match(template.TemplateContent, /\{1\}/);
  const signatures = await client().DescribeSmsSignList({ International: 0 });
  assert.equal(signatures.DescribeSignListStatusSet[0].SignName, "腾讯云");
});

test("delivery reports are pulled", async () => {
  const begin = Math.floor(Date.now() / 1000) - 60;
  await control("PUT", "/_sim/clock", { advance_ms: 5000 });
  const pulled = await client().PullSmsSendStatusByPhoneNumber({
    SmsSdkAppId: APP, PhoneNumber: NUMBER, BeginTime: begin, Limit: 10, Offset: 0,
  });
  assert.equal(pulled.PullSmsSendStatusSet[0].ReportStatus, "SUCCESS");
  const queue = await client().PullSmsSendStatus({ SmsSdkAppId: APP, Limit: 10 });
  assert.ok(queue.PullSmsSendStatusSet.some((report) => report.PhoneNumber === NUMBER));
  const records = await client().DescribeSendRecordList({ SmsSdkAppId: APP, PhoneNumber: NUMBER, BeginTime: begin });
  assert.deepEqual(records.SendRecordSet.map((record) => record.SendStatus).sort(), [1, 2]);
  await control("PUT", "/_sim/clock", { offset_s: 0 });
});

test("the other actions answer in the shape that the SDK reads", async () => {
  const period = { SmsSdkAppId: APP, Limit: 0, Offset: 0, BeginTime: "2024010100", EndTime: "2099010100" };
  const counts = await client().SendStatusStatistics(period);
  assert.ok(counts.SendStatusStatistics.RequestSuccessCount >= 1);
  const packages = await client().SmsPackagesStatistics({ ...period, Limit: 10 });
  assert.ok(Array.isArray(packages.SmsPackagesStatisticsSet));
  const info = await client().DescribePhoneNumberInfo({ PhoneNumberSet: [NUMBER] });
  assert.equal(info.PhoneNumberInfoSet[0].IsoCode, "CN");
  const conversion = await client().ReportConversion({ SmsSdkAppId: APP, SerialNo: "1", ConversionTime: 1 });
  assert.equal(conversion.ReportConversionStatus.Code, "ok");
});

test("an answer that never comes is an error, and the message is in the inbox all the same", async () => {
  await control("POST", "/_sim/faults", { fault: { kind: "accept-then-close" } });
  await assert.rejects(client().SendSms(message({ PhoneNumberSet: ["+8613800138003"] })));
  const { messages } = await control("GET", "/_sim/messages?to=%2B8613800138003");
  assert.equal(messages.length, 1);
});
