/** The release component in Wasmtime's command line. Run by run.sh. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { config } from '../support/config.mjs';
import { Findings } from '../support/findings.mjs';
import { GREEDY } from '../support/greedy.mjs';
import { SilentServer, refusedUrl } from '../support/servers.mjs';
import { Simulator, required } from '../support/simulator.mjs';

const WASMTIME = required('WASMTIME_BIN');
const version = spawnSync(WASMTIME, ['--version'], { encoding: 'utf8' }).stdout.split(' ')[1];
const findings = new Findings('wasmtime CLI', 'Wasmtime', { wasmtime: version.trim() });
after(() => findings.write('cli.json'));

/** How long a run may take beyond its deadline: the component is compiled each time. */
const SLACK_MS = 3_000;

/** `wasmtime run` with a call in WAVE, whose strings are written as JSON's. */
function invoke(call, ...options) {
  return invokeOf(required('CONNECTOR_WASM'), call, ...options);
}

async function invokeOf(component, call, ...options) {
  const child = spawn(WASMTIME, ['run', ...options, '--invoke', call, component], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray());
  const [code] = await once(child, 'close');
  return { code, stdout: (await stdout).join('').trim(), stderr: (await stderr).join('') };
}

function send(endpoint, timeoutMs = 4_000, ...options) {
  const text = JSON.stringify(JSON.stringify(config({ endpoint })));
  const message = `{to: "+8613800138000", usage: "SignIn", variables: [("code", "123456")], timeout-ms: ${timeoutMs}}`;
  return invoke(`send-message(${text}, ${message})`, '-S', 'http', ...options);
}

test('an accepted message is in the inbox once', async (context) => {
  const simulator = await Simulator.start();
  context.after(() => simulator.stop());
  const { code, stdout, stderr } = await send(simulator.url);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ok\(/);
  const [received, ...others] = await simulator.messages('+8613800138000');
  assert.deepEqual(others, []);
  assert.deepEqual(received.params, ['123456']);
  assert.ok(stdout.includes(`message-id: "${received.serial_no}"`), stdout);
  findings.state('accepted');
  findings.transport('http', true);
});

test('nothing listening is not sent', async (context) => {
  const simulator = await Simulator.start();
  context.after(() => simulator.stop());
  const { stdout, stderr } = await send(await refusedUrl(), 2_000);
  assert.match(stdout, /^err\(not-sent\(\{kind: unreachable,/, stderr);
  assert.deepEqual(await simulator.journal(), [], 'a request reached somebody else');
  findings.state('not-sent');
});

test('a server that read everything and stays silent is unknown', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  const started = performance.now();
  const { stdout, stderr } = await send(server.url, 1_000);
  const elapsed = performance.now() - started;
  assert.match(stdout, /^err\(unknown\(\{kind: timeout,/, stderr);
  assert.ok(elapsed > 900 && elapsed < 1_000 + SLACK_MS, `${elapsed} ms`);
  assert.equal(server.completeRequests().length, 1);
  findings.state('unknown');
  // Nobody granted this server: -S http is all of HTTP or nothing.
  findings.bound('destinations', 'no');
});

test('HTTP brings more than the contract grants', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'wasmtime-cli-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const greedy = join(folder, 'greedy.wasm');
  writeFileSync(greedy, GREEDY);
  const { stdout, stderr } = await invokeOf(greedy, 'draw()', '-S', 'http');
  assert.match(stdout, /^\d+$/, stderr);
  findings.bound('imports', 'no: -S http brings all of WASI 0.2');
});

test('TLS to an authority of one\'s own is not sent', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'wasmtime-cli-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const simulator = await Simulator.start('--tls', '--ca-out', join(folder, 'ca.pem'));
  context.after(() => simulator.stop());
  const { stdout, stderr } = await send(simulator.url);
  assert.match(stdout, /^err\(not-sent\(\{kind: unreachable,/, stderr);
  findings.transport('private authority', false);
});

test('without HTTP the component is refused by the name of an import', async () => {
  const { code, stderr } = await invoke('get-metadata()');
  assert.notEqual(code, 0);
  assert.match(stderr, /wasi:http/);
});

test('a connector that computes too long is stopped', async (context) => {
  const { code, stderr } = await invoke('validate-config("{}", [])', '-S', 'http', '-W', 'fuel=1000');
  assert.notEqual(code, 0);
  assert.match(stderr, /fuel/);
  // A longer wait costs none.
  const server = await SilentServer.start();
  context.after(() => server.stop());
  for (const timeoutMs of [200, 1_500]) {
    const { stdout, stderr } = await send(server.url, timeoutMs, '-W', 'fuel=1000000');
    assert.match(stdout, /^err\(unknown\(\{kind: timeout,/, stderr);
  }
  findings.bound('time', 'fuel; not while it waits for the network');
});

test('a connector that needs more memory than granted is refused', async () => {
  // It begins with one page, 65,536 bytes.
  const { code, stderr } = await invoke('get-metadata()', '-S', 'http', '-W', 'max-memory-size=32768');
  assert.notEqual(code, 0);
  assert.match(stderr, /memory/);
  findings.bound('memory', 'yes: `-W max-memory-size`');
});
