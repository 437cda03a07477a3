/**
 * The tables of docs/hosts.md from what was recorded below target/hosts.
 *
 *     node table.mjs           writes them
 *     node table.mjs --check   fails when what the hosts showed is not what the table of hosts says
 *
 * Versions and figures differ from machine to machine, so the check compares the rest. It also fails unless one
 * artefact went through all three states in five hosts on two engines.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { WORK_DIR } from './support/findings.mjs';

const HOSTS = ['library', 'cli', 'python', 'node', 'logto'];
/** A cell that no test filled. */
const NOT_RUN = 'not run';
const STATES = ['accepted', 'not-sent', 'unknown'];
const DOCUMENT = fileURLToPath(new URL('../../docs/hosts.md', import.meta.url));

const recorded = HOSTS.map((host) => {
  const path = join(WORK_DIR, `${host}.json`);
  if (!existsSync(path)) fail(`${path} is missing: run the tests of that host (tests/hosts/README.md)`);
  return JSON.parse(readFileSync(path, 'utf8'));
});

const artefacts = new Set(recorded.map(({ sha256 }) => sha256));
if (artefacts.size !== 1) fail(`the hosts ran different components: ${[...artefacts].join(', ')}. Run them all again.`);
const engines = new Set(recorded.map(({ engine }) => engine));
if (engines.size < 2) fail(`only ${[...engines]} ran it`);
for (const { host, states } of recorded) {
  for (const state of STATES) if (states[state] !== true) fail(`${host} did not show the state ${state}`);
}

const hosts = table(
  ['host', 'engine', 'states', 'imports', 'destinations', 'time', 'memory', 'private CA', 'versions'],
  recorded.map(({ host, engine, versions, bounds, transport }) => [
    host, engine, 'all three', ...['imports', 'destinations', 'time', 'memory'].map((name) => bounds[name] ?? NOT_RUN),
    { true: 'yes', false: 'no' }[transport['private authority']] ?? NOT_RUN, Object.entries(versions).map((pair) => pair.join(' ')).join(', '),
  ]),
);

if (process.argv.includes('--check')) {
  const written = section(readFileSync(DOCUMENT, 'utf8'), 'hosts');
  if (withoutVersions(written) !== withoutVersions(hosts)) {
    fail(`docs/hosts.md says\n\n${written}\nand the hosts showed\n\n${hosts}\nIf that is meant to be so, run: node tests/hosts/table.mjs`);
  }
  checkVersions();
  console.log(`${recorded.length} hosts on ${engines.size} engines ran ${[...artefacts]}, and docs/hosts.md says what they showed.`);
} else {
  let document = readFileSync(DOCUMENT, 'utf8');
  document = replace(document, 'hosts', hosts);
  const costs = optional('costs.json');
  if (costs) document = replace(document, 'costs', costTable(costs));
  const loop = optional('event-loop.json');
  if (loop) document = replace(document, 'event-loop', loopTable(loop));
  writeFileSync(DOCUMENT, document);
}

function costTable({ rows, ...run }) {
  const order = ['Original connector', 'Logto package', 'Node', 'Python', 'wasmtime CLI', 'Host library'];
  const figures = order.map((name) => [name, rows[name]]);
  return measured(run) + table(
    ['host', 'cold start, ms', 'memory, MB', 'CPU per send, ms'],
    figures.map(([name, { cold_ms, peak_mb, cpu_ms, process }]) => [
      name, cold_ms.toFixed(0), peak_mb.toFixed(0), `${cpu_ms.toFixed(1)}${process ? ', a process' : ''}`,
    ]),
  );
}

/** The day and the component of a measurement. */
function measured({ measured, sha256 }) {
  return `Measured on ${measured}, with the component \`${sha256.slice(0, 12)}\`.\n\n`;
}

function loopTable({ rows, ...run }) {
  return measured(run) + table(
    ['', 'mean delay, ms', 'times idle', 'longest, ms', 'all 50 done after, ms'],
    Object.entries(rows).map(([name, row]) => [
      name, row.mean_ms.toFixed(row.mean_ms < 10 ? 2 : 0), row.mean_times_idle.toFixed(row.mean_times_idle < 10 ? 2 : 0),
      row.max_ms.toFixed(0), name === 'idle loop' ? '' : row.wall_ms.toFixed(0),
    ]),
  );
}

function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Fails unless the versions that the page says work are those of this run and of versions.sh. */
function checkVersions() {
  const page = section(readFileSync(DOCUMENT, 'utf8'), 'versions');
  const script = readFileSync(new URL('versions.sh', import.meta.url), 'utf8');
  const pinned = Object.fromEntries(recorded.map(({ host, versions }) => [host, versions]));
  const expected = {
    'Host library': [pinned['Host library'].wasmtime],
    'wasmtime CLI': [pinned['wasmtime CLI'].wasmtime],
    Python: [...script.matchAll(/^works .* PYTHON_WASMTIME=(\S+)/gm)].map(([, version]) => version).concat(pinned.Python['wasmtime (PyPI)']),
    Node: [...script.matchAll(/^works .* NODE_JCO=(\S+) NODE_SHIM=(\S+)/gm)].flatMap(([, ...versions]) => versions)
      .concat(pinned.Node['@bytecodealliance/jco'], pinned.Node['@bytecodealliance/preview2-shim']),
  };
  for (const [host, versions] of Object.entries(expected)) {
    const works = page.split('\n').find((line) => line.startsWith(`| ${host} |`))?.split(' | ')[1] ?? '';
    const written = works.match(/\d+\.\d+\.\d+/g) ?? [];
    if (written.toSorted().join() !== versions.toSorted().join()) {
      fail(`docs/hosts.md says that ${host} works with ${written.join(', ')}, and these were run: ${versions.join(', ')}`);
    }
  }
}

/** Without the last column. */
function withoutVersions(text) {
  return text.trim().split('\n').map((line) => line.split(' | ').slice(0, -1).join(' | ')).join('\n');
}

function section(document, name) {
  const found = new RegExp(`<!-- ${name} -->\n(.*?)<!-- /${name} -->`, 's').exec(document);
  if (!found) fail(`docs/hosts.md has no place for ${name}`);
  return found[1];
}

function replace(document, name, text) {
  return document.replace(`<!-- ${name} -->\n${section(document, name)}`, `<!-- ${name} -->\n${text}`);
}

function optional(file) {
  const path = join(WORK_DIR, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
