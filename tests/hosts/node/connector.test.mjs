/** The release component in Node, transpiled by jco. Run by run.sh. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, test } from 'node:test';

import { transpile } from '@bytecodealliance/jco';

import { metadata, send, validate } from './build/connector.js';
import { config } from '../support/config.mjs';
import { Findings, installed } from '../support/findings.mjs';
import { GREEDY } from '../support/greedy.mjs';
import { SilentServer, refusedUrl } from '../support/servers.mjs';
import { Simulator } from '../support/simulator.mjs';

const findings = new Findings('Node', 'V8', {
  Node: process.versions.node,
  '@bytecodealliance/jco': installed('node_modules/@bytecodealliance/jco/package.json'),
  '@bytecodealliance/preview2-shim': installed('node_modules/@bytecodealliance/preview2-shim/package.json'),
});
after(() => findings.write('node.json'));

/** How long a call may take beyond its deadline on a busy machine. */
const SLACK_MS = 1_000;

const message = { to: '+8613800138000', usage: 'SignIn', variables: { code: '123456' } };

// Node reads NODE_EXTRA_CA_CERTS once, when it starts, so whoever started this process started the simulator too.
const simulator = Simulator.running(process.env.SIMULATOR_URL, process.env.NODE_EXTRA_CA_CERTS);

test('an accepted message travels over TLS to a private authority and is in the inbox once', async () => {
  assert.match(simulator.url, /^https:/);
  const outcome = send(config({ endpoint: simulator.url }), message);
  assert.equal(outcome.state, 'accepted', JSON.stringify(outcome));
  const [received, ...others] = await simulator.messages(message.to);
  assert.deepEqual(others, []);
  assert.deepEqual(received.params, ['123456']);
  assert.equal(received.serial_no, outcome.receipt.messageId);
  assert.equal(new Map(outcome.receipt.attributes).get('route'), 'mainland');
  findings.state('accepted');
  findings.transport('http', true);
  findings.transport('private authority', true);
});

test('nothing listening is not sent', async () => {
  const seen = (await simulator.journal()).length;
  const started = performance.now();
  const outcome = send(config({ endpoint: await refusedUrl() }), { ...message, timeoutMs: 2_000 });
  assert.ok(performance.now() - started < 2_000 + SLACK_MS);
  assert.equal(outcome.state, 'not-sent');
  assert.equal(outcome.failure.kind, 'unreachable');
  assert.equal((await simulator.journal()).length, seen, 'a request reached somebody else');
  findings.state('not-sent');
});

test('a server that read everything and stays silent is unknown', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  const started = performance.now();
  const outcome = send(config({ endpoint: server.url }), { ...message, timeoutMs: 1_000 });
  const elapsed = performance.now() - started;
  assert.equal(outcome.state, 'unknown');
  // Node calls it a timeout of the connection, the connector one of the answer; both are one kind.
  assert.equal(outcome.failure.kind, 'timeout');
  assert.ok(elapsed > 900 && elapsed < 1_000 + SLACK_MS, `${elapsed} ms`);
  // The call blocked this thread, so what the server read is only now on its way to the listener above.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const requests = server.completeRequests();
  assert.equal(requests.length, 1);
  assert.deepEqual(JSON.parse(requests[0]).PhoneNumberSet, [message.to]);
  findings.state('unknown');
});

test('a refusal of the service keeps its code and says how long to wait', async () => {
  const to = '+8613800138001';
  send(config({ endpoint: simulator.url }), { ...message, to });
  const outcome = send(config({ endpoint: simulator.url }), { ...message, to });
  assert.equal(outcome.state, 'not-sent');
  assert.equal(outcome.failure.kind, 'rate-limited');
  assert.equal(outcome.failure.providerCode, 'LimitExceeded.PhoneNumberThirtySecondLimit');
  assert.equal(outcome.failure.retryAfterMs, 30_000);
  assert.equal((await simulator.messages(to)).length, 1);
});

test('a config that cannot work names every finding, in the language asked for', () => {
  const broken = config({ signName: '', sdkAppId: 'x' });
  const outcome = send(broken, message);
  assert.equal(outcome.state, 'not-sent');
  assert.deepEqual(
    outcome.failure.diagnostics.map(({ pointer, code, severity }) => [pointer, code, severity]),
    [['/signName', 'blank', 'error'], ['/sdkAppId', 'malformed', 'error']],
  );
  assert.deepEqual(validate(broken, ['en']), outcome.failure.diagnostics);
  assert.notEqual(validate(broken, ['zh-CN'])[0].message, outcome.failure.diagnostics[0].message);
});

test('a second answer is no later message\'s', async (context) => {
  const program = new URL('../support/double-answers.mjs', import.meta.url).pathname;
  const provider = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(() => provider.stdin.end());
  const [url] = await once(provider.stdout, 'data');
  const endpoint = url.toString().trim();
  const serials = [];
  for (const correlationId of ['first', 'second', 'third']) {
    const outcome = send(config({ endpoint }), { ...message, correlationId });
    assert.equal(outcome.state, 'accepted', JSON.stringify(outcome));
    serials.push(outcome.receipt.messageId);
    await new Promise((resolve) => setTimeout(resolve, 80));
  }
  // One connection for all of them: Node discards what arrives on it between two requests.
  assert.deepEqual(serials, ['1:first', '1:second', '1:third']);
});

test('metadata names the connector that it replaces', () => {
  const { id, names, attributes } = metadata();
  assert.equal(id, 'tencent-short-message-service');
  assert.equal(names.find(({ language }) => language === 'en').text, 'Tencent Short Message Service');
  assert.equal(new Map(attributes).get('target'), 'tencent-sms');
});

test('nothing here bounds a connector but its own deadline', async (context) => {
  // Nobody granted this server.
  const server = await SilentServer.start();
  context.after(() => server.stop());
  send(config({ endpoint: server.url }), { ...message, timeoutMs: 300 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(server.completeRequests().length, 1);
  findings.bound('destinations', 'no');
  // A call is synchronous: while it runs, no timer of this thread can stop it.
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 10);
  send(config({ endpoint: server.url }), { ...message, timeoutMs: 300 });
  clearInterval(timer);
  assert.equal(ticks, 0);
  findings.bound('time', 'no; it blocks its thread');
});

test('a component gets what it imports, beyond what the contract grants', async () => {
  const { files } = await transpile(GREEDY, { name: 'greedy' });
  for (const [name, bytes] of Object.entries(files)) {
    const file = new URL(`generated/greedy/${name}`, import.meta.url);
    mkdirSync(dirname(file.pathname), { recursive: true });
    writeFileSync(file, bytes);
  }
  const { draw } = await import('./generated/greedy/greedy.js');
  assert.equal(typeof draw(), 'bigint');
  findings.bound('imports', 'no');
});

test('a limit of Node does not bound the memory of WebAssembly', () => {
  const options = ['--max-old-space-size=16', '--eval', 'new WebAssembly.Memory({ initial: 4096 }); console.log("grown")'];
  assert.equal(spawnSync(process.execPath, options, { encoding: 'utf8' }).stdout, 'grown\n');
  findings.bound('memory', 'no');
});
