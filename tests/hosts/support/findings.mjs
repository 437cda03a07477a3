/** What a host showed while its tests ran, for the compatibility table (see tests/hosts/table.mjs). */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { required } from './simulator.mjs';

/** Where results and installed tools go. */
export const WORK_DIR =
  process.env.HOSTS_WORK_DIR ?? fileURLToPath(new URL('../../../target/hosts', import.meta.url));

export class Findings {
  /**
   * @param {string} host the row's name
   * @param {string} engine what runs WebAssembly in it
   * @param {Record<string, string>} versions of everything that was run
   */
  constructor(host, engine, versions) {
    const sha256 = createHash('sha256').update(readFileSync(required('CONNECTOR_WASM'))).digest('hex');
    this.findings = { host, engine, versions, sha256, states: {}, bounds: {}, transport: {} };
  }

  /** One of the three states held, with the server confirming it. */
  state(name) {
    this.findings.states[name] = true;
  }

  /** What the host can or cannot bound: `destinations`, `imports`, `time` or `memory`. */
  bound(name, how) {
    this.findings.bounds[name] = how;
  }

  /** Whether requests can travel in this way. */
  transport(name, works) {
    this.findings.transport[name] = works;
  }

  write(file) {
    const path = join(WORK_DIR, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(this.findings, null, 2)}\n`);
  }
}

/** The version of an installed package. */
export function installed(packageJson) {
  return JSON.parse(readFileSync(packageJson, 'utf8')).version;
}
