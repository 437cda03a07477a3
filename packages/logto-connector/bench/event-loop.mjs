/**
 * How long Logto's event loop is held up with 50 sends in flight, against a server that takes 200 ms, as a multiple
 * of an idle loop's delay: with the pool, and without it.
 *
 *     SIMULATOR_BIN=… node bench/event-loop.mjs
 *
 * The server is a process of its own. The delay is what `perf_hooks.monitorEventLoopDelay` measures, at its finest.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { config } from '../../../tests/hosts/support/config.mjs';
import { WORK_DIR } from '../../../tests/hosts/support/findings.mjs';
import { Simulator } from '../../../tests/hosts/support/simulator.mjs';
import createConnector from '../lib/index.js';
import { pool } from '../lib/pool.js';
import { newRelease, now } from '../lib/task.js';

const { sha256 } = JSON.parse(readFileSync(new URL('../lib/generated/source.json', import.meta.url), 'utf8'));
const SENDS = 50;
const SERVER_MS = 200;

const simulator = await Simulator.start();
await simulator.put('chaos', { probability: 1, seed: 1, faults: [{ kind: 'delay', ms: SERVER_MS }] });
const working = config({ endpoint: simulator.url });
const connector = await createConnector({ getConfig: async () => working });

let numbers = 13_800_100_000;
/** Sends to as many numbers, all at once, and waits for all. */
async function burst(send) {
  await Promise.all(Array.from({ length: SENDS }, () => send(`86${numbers++}`)));
}

const pooled = (to) => connector.sendMessage({ to, type: 'SignIn', payload: { code: '123456' } });

const { default: sendHere } = await import('../lib/worker.js');
const here = async (to) => {
  // Each request that Logto serves has a turn of the loop of its own.
  await sleep(0);
  const message = { to: `+${to}`, usage: 'SignIn', variables: [['code', '123456']] };
  const task = { config: JSON.stringify(working), origins: [simulator.url], message, deadline: now() + 60_000, needsMs: 0, release: newRelease() };
  const outcome = sendHere(task);
  if (outcome.state !== 'accepted') throw new Error(outcome.failure.message);
};

async function measure(work) {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  // Its first tick only sets the clock.
  await sleep(50);
  histogram.reset();
  const started = performance.now();
  await work();
  // The loop has to come round once more for a delay at the end to count.
  await sleep(5);
  histogram.disable();
  const ms = (nanoseconds) => nanoseconds / 1e6;
  return { mean_ms: ms(histogram.mean), p99_ms: ms(histogram.percentile(99)), max_ms: ms(histogram.max), wall_ms: performance.now() - started };
}

await measure(() => sleep(500));
const idle = await measure(() => sleep(2_000));
const cold = await measure(() => burst(pooled));
const warm = await measure(() => burst(pooled));
await pool.close();
await here(`86${numbers++}`);
const blocking = await measure(() => burst(here));
await simulator.stop();

const rows = { 'idle loop': idle, 'with the pool, first burst': cold, 'with the pool': warm, 'without the pool': blocking };
for (const row of Object.values(rows)) {
  row.mean_times_idle = row.mean_ms / idle.mean_ms;
  row.max_times_idle = row.max_ms / idle.max_ms;
}
console.table(Object.fromEntries(Object.entries(rows).map(([name, row]) => [
  name, Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Number(value.toFixed(value < 10 ? 2 : 0))])),
])));
writeFileSync(
  join(WORK_DIR, 'event-loop.json'),
  `${JSON.stringify({ measured: new Date().toISOString().slice(0, 10), sha256, node: process.versions.node, sends: SENDS, server_ms: SERVER_MS, rows }, null, 2)}\n`,
);
// A worker that the last part began in this thread would keep the process.
process.exit();
