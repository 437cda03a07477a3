/** Starts a simulator with TLS and runs the tests in a process that trusts its authority. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Simulator } from '../support/simulator.mjs';

const folder = mkdtempSync(join(tmpdir(), 'connector-in-node-'));
const simulator = await Simulator.start('--tls', '--ca-out', join(folder, 'ca.pem'));
try {
  const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', 'connector.test.mjs'], {
    stdio: 'inherit',
    env: { ...process.env, SIMULATOR_URL: simulator.url, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') },
  });
  process.exitCode = status ?? 1;
} finally {
  await simulator.stop();
  rmSync(folder, { recursive: true });
}
