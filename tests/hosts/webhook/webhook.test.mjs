/** The webhook connector in Node and in Wasmtime's command line, unchanged. Run by run.sh. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

import { required } from '../support/simulator.mjs';
import { sms } from '../node/generated/webhook/webhook.js';

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const OTHER = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MESSAGE = { to: '+8613800138000', usage: 'SignIn', variables: [['code', '123456']] };

class Receiver {
  static async start(context) {
    const process_ = spawn(process.execPath, ['receiver.mjs', SECRET], { stdio: ['pipe', 'pipe', 'inherit'] });
    context.after(() => process_.stdin.end());
    const lines = createInterface(process_.stdout)[Symbol.asyncIterator]();
    return new Receiver((await lines.next()).value, lines);
  }

  constructor(url, lines) {
    this.url = url;
    this.lines = lines;
  }

  /** The next request that arrived. */
  async next() {
    return JSON.parse((await this.lines.next()).value);
  }
}

/** What a send ended with in Node: its state, and the receipt or the failure. */
function inNode(config, correlationId) {
  try {
    return ['accepted', sms.sendMessage(JSON.stringify(config), { ...MESSAGE, correlationId, timeoutMs: 4_000 })];
  } catch (error) {
    if (!error.payload) throw error;
    return [error.payload.tag, error.payload.val];
  }
}

/** The same in Wasmtime's command line, where the result is text. */
async function inWasmtime(config, correlationId) {
  const [text, id] = [JSON.stringify(config), correlationId].map((value) => JSON.stringify(value));
  const [[name, value]] = MESSAGE.variables;
  const message = `{to: "${MESSAGE.to}", usage: "${MESSAGE.usage}", variables: [("${name}", "${value}")], correlation-id: some(${id}), timeout-ms: some(4000)}`;
  const options = ['run', '-S', 'http', '--invoke', `send-message(${text}, ${message})`, required('WEBHOOK_WASM')];
  const child = spawn(required('WASMTIME_BIN'), options, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray());
  const [code] = await once(child, 'close');
  assert.equal(code, 0, (await stderr).join(''));
  const result = (await stdout).join('').trim();
  if (result.startsWith('ok(')) return ['accepted', { messageId: /message-id: "([^"]*)"/.exec(result)[1] }];
  const [, state, kind] = /^err\((not-sent|unknown)\(\{kind: ([a-z-]+),/.exec(result) ?? assert.fail(result);
  return [state, { kind }];
}

const HOSTS = [
  ['Node', inNode],
  ['wasmtime CLI', inWasmtime],
];

for (const [host, send] of HOSTS) {
  test(`${host}: an accepted message is verified by the specification's library`, async (context) => {
    const receiver = await Receiver.start(context);
    const [state, receipt] = await send({ url: `${receiver.url}/200`, secret: SECRET }, 'msg-1');
    assert.equal(state, 'accepted', JSON.stringify(receipt));
    assert.equal(receipt.messageId, 'sm-4711');
    const { id, event } = await receiver.next();
    assert.equal(id, 'msg-1');
    assert.equal(event.type, 'sms.send');
    assert.ok(Math.abs(Date.parse(event.timestamp) - Date.now()) < 60_000, event.timestamp);
    assert.deepEqual(event.data, {
      correlationId: 'msg-1',
      usage: 'SignIn',
      to: MESSAGE.to,
      variables: { code: '123456' },
      locales: [],
    });
  });

  test(`${host}: either of two secrets verifies, and another one does not`, async (context) => {
    const receiver = await Receiver.start(context);
    const url = `${receiver.url}/200`;
    assert.equal((await send({ url, secret: `${OTHER} ${SECRET}` }, 'msg-2'))[0], 'accepted');
    assert.equal((await receiver.next()).id, 'msg-2');
    assert.equal((await send({ url, secret: SECRET.slice('whsec_'.length) }, 'msg-3'))[0], 'accepted');
    assert.equal((await receiver.next()).id, 'msg-3');
    const [state, failure] = await send({ url, secret: OTHER }, 'msg-4');
    assert.deepEqual([state, failure.kind], ['not-sent', 'authentication']);
    assert.match((await receiver.next()).refused, /signature/);
  });

  test(`${host}: a refusal is not sent, and a failing receiver is unknown`, async (context) => {
    const receiver = await Receiver.start(context);
    for (const [status, expected] of [[422, 'not-sent'], [429, 'unknown'], [307, 'unknown'], [503, 'unknown']]) {
      const [state, failure] = await send({ url: `${receiver.url}/${status}`, secret: SECRET }, `msg-${status}`);
      assert.equal(state, expected, `${status} ${JSON.stringify(failure)}`);
      assert.equal((await receiver.next()).id, `msg-${status}`);
    }
  });
}
