/**
 * Runs the tests in a process that trusts the simulator's authority and the interceptor's, which both are made for
 * the run, and whose connections to Tencent's host end at the interceptor.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import selfsigned from 'selfsigned';

import { Simulator } from '../../../tests/hosts/support/simulator.mjs';
import { HOST } from './interceptor.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'logto-connector-'));
const file = (name) => join(folder, name);
const simulator = await Simulator.start('--tls', '--ca-out', file('simulator.pem'));
try {
  const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: HOST }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames: [{ type: 2, value: HOST }] }],
  });
  writeFileSync(file('key.pem'), key);
  writeFileSync(file('cert.pem'), cert);
  writeFileSync(file('ca.pem'), `${readFileSync(file('simulator.pem'), 'utf8')}\n${cert}\n`);
  const wanted = process.argv[2] ?? '';
  const tests = readdirSync(here).filter((name) => name.endsWith('.test.mjs') && name.startsWith(wanted));
  const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...tests], {
    cwd: here,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${join(here, 'redirect.mjs')}`,
      NODE_EXTRA_CA_CERTS: file('ca.pem'),
      SIMULATOR_URL: simulator.url,
      SIMULATOR_CA: file('simulator.pem'),
      INTERCEPTOR_KEY: file('key.pem'),
      INTERCEPTOR_CERT: file('cert.pem'),
    },
  });
  process.exitCode = status ?? 1;
} finally {
  await simulator.stop();
  rmSync(folder, { recursive: true });
}
