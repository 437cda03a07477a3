/** The three states through the pool, and what the pool does when a thread does not come back. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { instance, isolated } from '../lib/component.js';
import createConnector from '../lib/index.js';
import { Pool } from '../lib/pool.js';
import { newRelease, now, withdrawRelease } from '../lib/task.js';
import { SECRET_KEY, config } from '../../../tests/hosts/support/config.mjs';
import { Findings, installed } from '../../../tests/hosts/support/findings.mjs';
import { SilentServer, refusedUrl } from '../../../tests/hosts/support/servers.mjs';
import { Simulator } from '../../../tests/hosts/support/simulator.mjs';

const source = JSON.parse(readFileSync(new URL('../lib/generated/source.json', import.meta.url), 'utf8'));
const findings = new Findings('Logto package', 'V8', {
  Node: process.versions.node,
  '@logto/connector-kit': installed('../node_modules/@logto/connector-kit/package.json'),
  '@bytecodealliance/jco': installed('../node_modules/@bytecodealliance/jco/package.json'),
  tinypool: installed('../node_modules/tinypool/package.json'),
});
after(() => findings.write('logto.json'));

const connector = await createConnector({ getConfig: () => assert.fail('not asked for') });
const simulator = Simulator.running(process.env.SIMULATOR_URL, process.env.SIMULATOR_CA);
const SLACK_MS = 1_500;

const message = (changes = {}) => ({
  to: '+8613800138000', usage: 'SignIn', variables: [['code', '123456']], ...changes,
});
const data = { to: '8613800138000', type: 'SignIn', payload: { code: '123456' } };

/** The memories of the instances that this thread makes. */
const memories = [];
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...args) {
    super(...args);
    if (this.exports.memory) memories.push(this.exports.memory);
  }
};

async function until(condition, tries = 500) {
  for (; tries > 0; tries -= 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail('it did not happen in time');
}

test('the package was built from the component under test', () => {
  assert.equal(source.sha256, findings.findings.sha256);
});

test('an accepted message travels over TLS and is in the inbox once', async () => {
  assert.match(simulator.url, /^https:/);
  const receipt = await connector.sendMessage(data, config({ endpoint: simulator.url }));
  const [received, ...others] = await simulator.messages('+8613800138000');
  assert.deepEqual(others, []);
  assert.deepEqual(received.params, ['123456']);
  assert.equal(received.serial_no, receipt.messageId);
  findings.state('accepted');
  findings.transport('http', true);
  findings.transport('private authority', true);
});

test('nothing listening is not sent', async () => {
  const seen = (await simulator.journal()).length;
  const started = performance.now();
  await assert.rejects(connector.sendMessage(data, config({ endpoint: await refusedUrl(), timeoutMs: 2_000 })), (error) => {
    assert.equal(error.code, 'general');
    assert.equal(error.data.state, 'not-sent');
    assert.equal(error.data.kind, 'unreachable');
    assert.equal(error.data.retryable, true);
    return true;
  });
  assert.ok(performance.now() - started < 2_000 + SLACK_MS);
  assert.equal((await simulator.journal()).length, seen, 'a request reached somebody else');
  findings.state('not-sent');
});

test('a server that read everything and stays silent is unknown, and Logto\'s thread goes on meanwhile', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 10);
  const started = performance.now();
  await assert.rejects(connector.sendMessage(data, config({ endpoint: server.url, timeoutMs: 1_000 })), (error) => {
    assert.equal(error.code, 'general');
    assert.equal(error.data.state, 'unknown');
    assert.equal(error.data.kind, 'timeout');
    assert.equal(error.data.retryable, false);
    return true;
  });
  clearInterval(timer);
  const elapsed = performance.now() - started;
  assert.ok(elapsed > 900 && elapsed < 1_000 + SLACK_MS, `${elapsed} ms`);
  assert.ok(ticks > 50, `${ticks} ticks`);
  const requests = server.completeRequests();
  assert.equal(requests.length, 1);
  assert.deepEqual(JSON.parse(requests[0]).PhoneNumberSet, ['+8613800138000']);
  findings.state('unknown');
});

test('twenty sends at once are twenty messages', async () => {
  const numbers = Array.from({ length: 20 }, (_, index) => `86139001390${10 + index}`);
  await Promise.all(numbers.map((to) => connector.sendMessage({ ...data, to }, config({ endpoint: simulator.url }))));
  for (const to of numbers) assert.equal((await simulator.messages(`+${to}`)).length, 1);
});

test('a second answer is no later message\'s', async (context) => {
  const program = new URL('../../../tests/hosts/support/double-answers.mjs', import.meta.url).pathname;
  const provider = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(() => provider.stdin.end());
  const [url] = await once(provider.stdout, 'data');
  const pool = new Pool({ maxThreads: 1 });
  const serials = [];
  for (const correlationId of ['first', 'second', 'third']) {
    const { state, receipt } = await pool.send(config({ endpoint: url.toString().trim() }), message({ correlationId }));
    assert.equal(state, 'accepted');
    serials.push(receipt.messageId);
    await new Promise((resolve) => setTimeout(resolve, 80));
  }
  await pool.close();
  // One connection for all of them: Node discards what arrives on it between two requests.
  assert.deepEqual(serials, ['1:first', '1:second', '1:third']);
});

test('a thread that ends after its request began leaves an unknown outcome', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  const pool = new Pool();
  const sending = pool.send(config({ endpoint: server.url }), message());
  await until(() => server.completeRequests().length === 1);
  await pool.close();
  const { state, failure } = await sending;
  assert.equal(state, 'unknown');
  assert.equal(failure.kind, 'other');
});

test('a thread that ends before its request began leaves nothing sent', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  const pool = new Pool();
  const sending = pool.send(config({ endpoint: server.url }), message());
  await pool.close();
  assert.equal((await sending).state, 'not-sent');
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(server.connections.length, 0);
});

test('a thread that does not honour its deadline is ended', async () => {
  for (const [name, state] of [['claims', 'unknown'], ['waits', 'not-sent']]) {
    const pool = new Pool({ filename: new URL(`./stuck-${name}.mjs`, import.meta.url).href, deadlineMs: 3_000, graceMs: 200 });
    const started = performance.now();
    assert.equal((await pool.send(config(), message())).state, state);
    assert.ok(performance.now() - started < 3_200 + SLACK_MS);
    await pool.close();
  }
  findings.bound('time', 'yes: its thread is ended');
});

/** No request begins too late, so no message is reported as possibly on its way. */
test('three hundred sends at once leave nothing unknown', async (context) => {
  const slow = await Simulator.start();
  context.after(() => slow.stop());
  await slow.put('chaos', { probability: 1, faults: [{ kind: 'delay', ms: 300 }] });
  const pool = new Pool();
  context.after(() => pool.close());
  const to = (index) => `+86137${String(10_000_000 + index)}`;
  const started = performance.now();
  const outcomes = await Promise.all(Array.from({ length: 300 }, (_, index) => pool.send(config({ endpoint: slow.url }), message({ to: to(index) }))));
  assert.ok(performance.now() - started < 9_000 + SLACK_MS);
  const inbox = new Set((await slow.messages()).map((received) => received.to));
  for (const [index, { state, failure }] of outcomes.entries()) {
    assert.equal(inbox.has(to(index)), state === 'accepted', `${state} ${failure?.message}`);
    if (state === 'accepted') continue;
    assert.deepEqual([state, failure.kind], ['not-sent', 'rate-limited'], failure.message);
    assert.ok(failure.retryAfterMs >= 1_000);
  }
  context.diagnostic(`${inbox.size} of 300 accepted in ${Math.round(performance.now() - started)} ms`);
  assert.ok(inbox.size > 0);
});

test('sixteen wait for the provider at once, and no more', async (context) => {
  const claims = new BroadcastChannel('claims');
  context.after(() => claims.close());
  let claimed = 0;
  claims.onmessage = () => (claimed += 1);
  // On a busy machine sixteen threads take more than the usual deadline to start.
  const pool = new Pool({ filename: new URL('./stuck-counted.mjs', import.meta.url).href, deadlineMs: 120_000 });
  const sends = Array.from({ length: 20 }, () => pool.send(config(), message()));
  await until(() => claimed === 16, 3_000);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(claimed, 16);
  await pool.close();
  const states = (await Promise.all(sends)).map(({ state }) => state);
  assert.deepEqual([states.filter((state) => state === 'unknown').length, states.filter((state) => state === 'not-sent').length], [16, 4]);
});

test('a request with less time left than it needs does not begin', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  const { default: send } = await import('../lib/worker.js?late');
  for (const [leftMs, needsMs, state] of [[6_000, 7_000, 'not-sent'], [30_000, 100, 'unknown']]) {
    const task = { config: JSON.stringify(config({ endpoint: server.url, timeoutMs: 3_000 })), origins: [server.url], message: message() };
    const outcome = send({ ...task, deadline: now() + leftMs, needsMs, release: newRelease() });
    assert.equal(outcome.state, state);
    assert.equal(outcome.failure.kind, state === 'unknown' ? 'timeout' : 'rate-limited');
    assert.equal(outcome.tookMs === undefined, state === 'not-sent');
  }
  // The server shares this thread, which the sends blocked.
  await until(() => server.completeRequests().length === 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(server.connections.length, 1);
});

test('more messages than can be sent in time are refused at once, as a limit that passes', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  const pool = new Pool({ maxThreads: 1, maxQueue: 2 });
  const sends = Array.from({ length: 5 }, () => pool.send(config({ endpoint: server.url }), message()));
  const refused = await Promise.race([sends[4], new Promise((resolve) => setTimeout(resolve, 1_000))]);
  assert.equal(refused.state, 'not-sent');
  assert.equal(refused.failure.kind, 'rate-limited');
  assert.ok(refused.failure.retryAfterMs >= 1_000);
  await pool.close();
  const ended = (await Promise.all(sends)).slice(1);
  assert.deepEqual(ended.map(({ state }) => state), ['not-sent', 'not-sent', 'not-sent', 'not-sent']);
  // Those that waited were not too many: their threads were ended.
  assert.deepEqual(ended.map(({ failure }) => failure.kind), ['other', 'other', 'rate-limited', 'rate-limited']);
});

test('a request to an origin that was not granted does not begin', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  const { default: send } = await import('../lib/worker.js');
  const task = { config: JSON.stringify(config({ endpoint: server.url })), message: message(), deadline: now() + 1_000, needsMs: 0 };
  for (const origins of [[], ['https://sms.tencentcloudapi.com'], [server.url.replace('http', 'https'), `${server.url}0`]]) {
    const release = newRelease();
    const { state, failure } = send({ ...task, origins, release });
    assert.deepEqual([state, failure.kind], ['not-sent', 'denied'], `${origins}`);
    assert.ok(withdrawRelease(release));
  }
  const withdrawn = newRelease();
  assert.ok(withdrawRelease(withdrawn));
  assert.equal(send({ ...task, origins: [server.url], release: withdrawn }).state, 'not-sent');
  assert.equal(server.connections.length, 0);
  findings.bound('destinations', "yes: the config's endpoints");
});

test('an instance gets clocks, I/O and HTTP alone', () => {
  // The rest of WASI is not in the package, and an instance has no import that is not there.
  const modules = readdirSync(new URL('../lib/wasi/nodejs', import.meta.url)).filter((name) => name.endsWith('.js'));
  assert.deepEqual(modules.sort(), ['clocks.js', 'http.js', 'io.js']);
  assert.throws(() => instance({}), /undefined/);
  findings.bound('imports', 'yes: clocks, I/O, HTTP');
});

test('nothing of a call is left in the component\'s memory', async () => {
  const [secret, to, code] = [SECRET_KEY, '13800138000', '739201'];
  const sent = message({ variables: [['code', code]] });
  const holds = () => [secret, to, code].filter((text) => memories.some(({ buffer }) => Buffer.from(buffer).includes(text)));

  memories.length = 0;
  const { sms, reset } = isolated();
  sms.previewMessage(JSON.stringify(config()), sent);
  // Otherwise nothing would be shown; an allocator may have used some of it again.
  assert.notDeepEqual(holds(), []);
  reset();
  assert.deepEqual(holds(), []);

  memories.length = 0;
  const { default: send } = await import('../lib/worker.js?another');
  const endpoint = await refusedUrl();
  const task = { config: JSON.stringify(config({ endpoint })), origins: [endpoint], message: sent, deadline: now() + 2_000, needsMs: 0 };
  assert.equal(send({ ...task, release: newRelease() }).state, 'not-sent');
  assert.equal(memories.length, 1);
  assert.deepEqual(holds(), []);
});

test('a thread\'s limits do not bound the memory of WebAssembly', async () => {
  // Were this to fail, the pool could bound memory, and should.
  const worker = new Worker('new WebAssembly.Memory({ initial: 4096 }); require("worker_threads").parentPort.postMessage("grown")', {
    eval: true, resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  });
  assert.equal(await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)), 'grown');
  await worker.terminate();
  findings.bound('memory', 'no');
});
