/**
 * The original connector and this one on the same inputs. They must do the same, but for the differences that
 * docs/migrating-from-logto.md lists and justifies.
 */

import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { ConnectorError } from '@logto/connector-kit';
import createOriginal from '@logto/connector-tencent-sms';

import { SECRET_ID, SECRET_KEY } from '../../../tests/hosts/support/config.mjs';
import createConnector from '../lib/index.js';
import { CASES } from './cases.mjs';
import { HOST, Interceptor } from './interceptor.mjs';

/** In every request. */
const ALWAYS = ['header:accept-encoding', 'header:user-agent', 'header:x-tc-language', 'header:x-tc-requestclient'];

/** Compared by what they mean: see {@link verify}. */
const VERIFIED = new Set(['authorization', 'content-length', 'x-tc-timestamp']);

let interceptor;
before(async () => {
  const tls = { key: readFileSync(process.env.INTERCEPTOR_KEY), cert: readFileSync(process.env.INTERCEPTOR_CERT) };
  interceptor = await Interceptor.start(tls);
});
after(() => interceptor.stop());

const listed = new Set();
for (const [, name] of readFileSync(new URL('../../../docs/migrating-from-logto.md', import.meta.url), 'utf8').matchAll(/^\| `([a-z]+:[^`]+)` \|/gm)) {
  assert.ok(!listed.has(name), `${name} is listed twice`);
  listed.add(name);
}
const seen = new Set();

test('there are at least forty inputs, each with a name of its own', () => {
  assert.ok(CASES.length >= 40, `${CASES.length}`);
  assert.equal(new Set(CASES.map(({ name }) => name)).size, CASES.length);
});

for (const { name, config, data, answer, expected } of CASES) {
  test(`${name}: ${expected.join(', ') || 'the same'}`, async () => {
    const original = await run(createOriginal, config, data, answer);
    const here = await run(createConnector, config, data, answer);
    for (const { requests } of [original, here]) requests.forEach(verify);
    const found = differences(original, here);
    found.forEach((difference) => seen.add(difference));
    const both = original.requests.length > 0 && here.requests.length > 0;
    assert.deepEqual([...found].sort(), [...expected, ...(both ? ALWAYS : [])].sort());
  });
}

test('every difference is listed and justified, and none is listed that does not exist', () => {
  assert.deepEqual([...seen].sort(), [...listed].sort());
});

/** What a connector sent, and how the call ended. */
async function run(create, config, data, answer) {
  interceptor.requests = [];
  interceptor.answer = answer;
  const connector = await create({ getConfig: async () => config });
  let outcome = 'accepted';
  try {
    await connector.sendMessage(data);
  } catch (error) {
    outcome = error instanceof ConnectorError ? error.code : 'untyped';
  }
  return { requests: interceptor.requests, outcome };
}

/** What any server of the service would verify, computed independently of both. */
function verify({ method, url, headers, body }) {
  assert.equal(method, 'POST');
  assert.equal(headers.host, HOST);
  assert.equal(Number(headers['content-length']), body.length);
  const timestamp = Number(headers['x-tc-timestamp']);
  assert.ok(Math.abs(timestamp - Date.now() / 1_000) < 5, `${timestamp}`);
  const sha256 = (text) => createHash('sha256').update(text).digest('hex');
  const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
  const date = new Date(timestamp * 1_000).toISOString().slice(0, 10);
  const scope = `${date}/sms/tc3_request`;
  const request = `POST\n/\n\ncontent-type:${headers['content-type']}\nhost:${headers.host}\n\ncontent-type;host\n${sha256(body)}`;
  const key = hmac(hmac(hmac(`TC3${SECRET_KEY}`, date), 'sms'), 'tc3_request');
  const signature = hmac(key, `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(request)}`).toString('hex');
  assert.equal(headers.authorization, `TC3-HMAC-SHA256 Credential=${SECRET_ID}/${scope}, SignedHeaders=content-type;host, Signature=${signature}`, `${url}`);
}

/** The names of all differences. */
function differences(original, here) {
  const found = new Set();
  if (original.outcome !== here.outcome) found.add(`outcome:${original.outcome}→${here.outcome}`);
  const [one] = original.requests;
  const [other] = here.requests;
  if (one && !other) found.add('request:only-original');
  if (!one && other) found.add('request:only-here');
  if (one && other) {
    if (here.requests.length > original.requests.length) found.add('request:again');
    if (original.requests.length > here.requests.length) found.add('request:redirected');
    if (one.url !== other.url) found.add('request:path');
    for (const name of new Set([...Object.keys(one.headers), ...Object.keys(other.headers)])) {
      if (!VERIFIED.has(name) && one.headers[name] !== other.headers[name]) found.add(`header:${name}`);
    }
    const fields = [one, other].map(({ body }) => JSON.parse(body));
    const names = new Set(fields.flatMap(Object.keys));
    const unequal = [...names].filter((name) => JSON.stringify(fields[0][name]) !== JSON.stringify(fields[1][name]));
    unequal.forEach((name) => found.add(`body:${name}`));
    // With those fields made equal, the bytes are: order of keys, white space, escapes.
    const levelled = JSON.stringify({ ...fields[1], ...Object.fromEntries(unequal.map((name) => [name, fields[0][name]])) });
    if (levelled !== one.body.toString() || JSON.stringify(fields[1]) !== other.body.toString()) found.add('body:bytes');
  }
  return found;
}
