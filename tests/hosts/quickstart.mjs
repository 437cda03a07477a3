/**
 * Runs the quick starts of docs/hosts.md as they stand there: node quickstart.mjs [Node|Logto|Python|wasmtime CLI]…
 *
 * Blocks marked `sh` are one script for each section, begun by those of the common part and ended by its block
 * marked `sh end`. Blocks marked `sh build` and `sh install` take minutes; in their place the script finds what
 * CONNECTOR_WASM, SIMULATOR_BIN and WASMTIME_BIN name.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { required } from './support/simulator.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SECTIONS = ['Node', 'Logto', 'Python', 'wasmtime CLI'];

const guide = readFileSync(join(root, 'docs/hosts.md'), 'utf8').split(/^## Quick starts$/m)[1];
const [common, ...sections] = guide.split(/^### /m);
const titles = sections.map((section) => section.slice(0, section.indexOf('\n')));
if (titles.join() !== SECTIONS.join()) throw new Error(`docs/hosts.md has quick starts for ${titles}, expected ${SECTIONS}`);

/** The contents of the blocks with this mark. */
function blocks(text, mark) {
  const found = [...text.matchAll(/^```(sh[^\n]*)\n(.*?)^```$/gms)].filter(([, info]) => info === mark);
  return found.map(([, , script]) => script).join('\n');
}

// A checkout in which the builds are done.
const checkout = mkdtempSync(join(tmpdir(), 'quick-start-'));
for (const [path, target] of [
  ['target/wasm32-wasip2/release/tencent_sms_connector.wasm', resolve(required('CONNECTOR_WASM'))],
  ['target/debug/tencent-sms-simulator', resolve(required('SIMULATOR_BIN'))],
  ['packages', join(root, 'packages')],
]) {
  mkdirSync(dirname(join(checkout, path)), { recursive: true });
  symlinkSync(target, join(checkout, path));
}

let failed = false;
for (const wanted of process.argv.length > 2 ? process.argv.slice(2) : SECTIONS) {
  const section = sections[SECTIONS.indexOf(wanted)];
  if (section === undefined) throw new Error(`no quick start is called ${wanted}: ${SECTIONS}`);
  const script = ['set -eu', blocks(common, 'sh'), blocks(section, 'sh'), blocks(common, 'sh end')].join('\n');
  const path = [...(wanted === 'wasmtime CLI' ? [dirname(required('WASMTIME_BIN'))] : []), process.env.PATH].join(delimiter);
  console.log(`== ${wanted}`);
  const { status } = spawnSync('sh', ['-c', script], { cwd: checkout, stdio: 'inherit', env: { ...process.env, PATH: path, TMPDIR: checkout } });
  if (status !== 0) {
    console.error(`the quick start for ${wanted} ended with ${status}`);
    failed = true;
  }
}
rmSync(checkout, { recursive: true });
process.exitCode = failed ? 1 : 0;
