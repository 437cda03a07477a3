/** The release component in the host library, driven by its command line. Run by run.sh. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { SECRET_KEY, config } from '../support/config.mjs';
import { Findings } from '../support/findings.mjs';
import { GREEDY } from '../support/greedy.mjs';
import { SilentServer, refusedUrl } from '../support/servers.mjs';
import { Simulator, required } from '../support/simulator.mjs';

const folder = mkdtempSync(join(tmpdir(), 'host-library-'));
after(() => rmSync(folder, { recursive: true }));

/** The version that Cargo.lock pins. */
const wasmtime = /name = "wasmtime"\nversion = "([^"]+)"/.exec(readFileSync(new URL('../../../Cargo.lock', import.meta.url), 'utf8'))[1];
const findings = new Findings('Host library', 'Wasmtime', { wasmtime });
after(() => findings.write('library.json'));

/** How long a run may take beyond its deadline: starting the program and loading the component, which is compiled by then. */
const SLACK_MS = 3_000;

async function authHost(...words) {
  const child = spawn(required('AUTH_HOST_BIN'), words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray());
  const [code] = await once(child, 'close');
  return { code, stdout: (await stdout).join(''), stderr: (await stderr).join('') };
}

function send(endpoint, ...more) {
  return sendBy(required('CONNECTOR_WASM'), config({ endpoint }), ...more);
}

function sendBy(component, values, ...more) {
  const path = join(folder, 'config.json');
  writeFileSync(path, JSON.stringify(values));
  return authHost(
    'send', component, '--cache-dir', join(folder, 'cache'), '--json', '--config', path,
    '--to', '+8613800138000', '--usage', 'SignIn', '--var', 'code=123456', ...more,
  );
}

test('an accepted message travels over TLS to a private authority and is in the inbox once', async (context) => {
  const ca = join(folder, 'ca.pem');
  const simulator = await Simulator.start('--tls', '--ca-out', ca);
  context.after(() => simulator.stop());
  const { code, stdout, stderr } = await send(simulator.url, '--allow', simulator.url, '--ca', ca);
  assert.equal(code, 0, stderr);
  const [received, ...others] = await simulator.messages('+8613800138000');
  assert.deepEqual(others, []);
  assert.deepEqual(received.params, ['123456']);
  assert.ok(stdout.includes(received.serial_no));
  findings.state('accepted');
  findings.transport('http', true);
  findings.transport('private authority', true);
});

test('nothing listening is not sent', async (context) => {
  const simulator = await Simulator.start();
  context.after(() => simulator.stop());
  const url = await refusedUrl();
  const { code, stdout, stderr } = await send(url, '--allow', url, '--timeout-ms', '2000');
  assert.equal(code, 3, stderr);
  assert.ok(`${stdout}${stderr}`.includes('unreachable'));
  assert.deepEqual(await simulator.journal(), [], 'a request reached somebody else');
  findings.state('not-sent');
});

test('a server that read everything and stays silent is unknown', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  await authHost('inspect', required('CONNECTOR_WASM'), '--cache-dir', join(folder, 'cache'));
  const started = performance.now();
  const { code, stdout, stderr } = await send(server.url, '--allow', server.url, '--timeout-ms', '1000');
  const elapsed = performance.now() - started;
  assert.equal(code, 4, stderr);
  assert.ok(`${stdout}${stderr}`.includes('timeout'));
  assert.ok(!`${stdout}${stderr}`.includes(SECRET_KEY));
  assert.ok(elapsed > 900 && elapsed < 1_000 + SLACK_MS, `${elapsed} ms`);
  assert.equal(server.completeRequests().length, 1);
  findings.state('unknown');
});

test('a destination that was not granted is not reached', async (context) => {
  const server = await SilentServer.start();
  context.after(() => server.stop());
  const { code, stdout, stderr } = await send(server.url, '--timeout-ms', '2000');
  assert.equal(code, 3);
  assert.ok(`${stdout}${stderr}`.includes('denied'), stderr);
  assert.equal(server.connections.length, 0);
  findings.bound('destinations', 'yes: exact origins');
});

test('a component that asks for more than the contract grants is refused by name', async () => {
  const greedy = join(folder, 'greedy.wasm');
  writeFileSync(greedy, GREEDY);
  const { code, stderr } = await authHost('inspect', '--no-cache', greedy);
  assert.equal(code, 5);
  assert.ok(stderr.includes('wasi:random/random'), stderr);
  findings.bound('imports', 'yes: what the contract names');
});

for (const [bound, attack, fault, how] of [
  ['time', 'endless-loop', 'plugin-computed-too-long', 'yes: `Limits::compute`'],
  ['memory', 'memory-bomb', 'plugin-out-of-memory', 'yes: `Limits::memory_bytes`'],
]) {
  test(`a connector that takes ${bound} without end is stopped`, async () => {
    const { code, stdout, stderr } = await sendBy(required('HOSTILE_WASM'), { attack, origin: 'http://127.0.0.1:1' });
    assert.equal(code, 3, stderr);
    assert.equal(JSON.parse(stdout).attributes['host-fault'], fault);
    findings.bound(bound, how);
  });
}
