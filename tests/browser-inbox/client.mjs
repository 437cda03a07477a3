/** A client of the API for these tests alone, and the simulator that they start. */

import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { createInterface } from 'node:readline';

const SECRET_ID = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE';
const SECRET_KEY = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

/** Starts the simulator; it ends with this process, whose pipe it reads. */
export async function start(...extra) {
  const child = spawn(process.env.SIMULATOR_BIN, ['--quiet', '--stop-on-stdin-close', ...extra], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const { value } = await lines[Symbol.asyncIterator]().next();
  if (value === undefined) throw new Error('the simulator ended before it was ready');
  const ready = JSON.parse(value);
  return { ...ready, stop: () => new Promise((resolve) => { child.once('exit', resolve); child.stdin.end(); }) };
}

/** Sends, signed as the documentation describes, and returns the answer; an empty one when the connection broke. */
export async function send(url, changes = {}, secretKey = SECRET_KEY) {
  const { host } = new URL(url);
  const body = JSON.stringify({
    PhoneNumberSet: ['+8613800138000'], SmsSdkAppId: '1400006666', TemplateId: '1110000', SignName: '腾讯云', TemplateParamSet: ['123456'], ...changes,
  });
  // The clock may have been moved.
  const { unix_ms: now } = await (await fetch(`${url}/_sim/clock`)).json();
  const timestamp = Math.floor(now / 1000);
  const date = new Date(timestamp * 1000).toISOString().slice(0, 10);
  const type = 'application/json; charset=utf-8';
  const canonical = `POST\n/\n\ncontent-type:${type}\nhost:${host}\n\ncontent-type;host\n${sha256(body)}`;
  const scope = `${date}/sms/tc3_request`;
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`;
  const key = ['sms', 'tc3_request'].reduce(hmac, hmac(`TC3${secretKey}`, date));
  const signature = hmac(key, text).toString('hex');
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `TC3-HMAC-SHA256 Credential=${SECRET_ID}/${scope}, SignedHeaders=content-type;host, Signature=${signature}`,
      'content-type': type, 'x-tc-action': 'SendSms', 'x-tc-version': '2021-01-11', 'x-tc-timestamp': `${timestamp}`, 'x-tc-region': 'ap-guangzhou',
    },
    body,
  }).then((answer) => answer.json()).catch(() => ({}));
  return response.Response ?? {};
}
