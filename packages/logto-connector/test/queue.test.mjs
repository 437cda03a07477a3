/** Places and turns, and the time that a request needs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pace } from '../lib/pace.js';
import { Queue } from '../lib/queue.js';

const long = () => 60_000;
const settled = async (promise) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, 5, 'waiting'))]);

test('turns come in the order of arrival, and never more at once than there are places', async () => {
  const queue = new Queue(2, () => true);
  const turns = [];
  let inside = 0;
  let most = 0;
  await Promise.all(Array.from({ length: 20 }, async (_, index) => {
    assert.equal(await queue.take(long), true);
    turns.push(index);
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 1));
    inside -= 1;
    queue.give();
  }));
  assert.deepEqual(turns, Array.from({ length: 20 }, (_, index) => index));
  assert.equal(most, 2);
  assert.equal(queue.length, 0);
  assert.equal(queue.isBusy, false);
});

test('places grow while calls wait and growth is allowed, up to the bound', async () => {
  let allowed = false;
  const queue = new Queue(6, () => allowed);
  const granted = Array.from({ length: 10 }, () => queue.take(long));
  let count = 0;
  for (const one of granted) one.then((yes) => (count += yes ? 1 : 0));
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal(count, 2);
  allowed = true;
  for (let tries = 0; count < 6 && tries < 300; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal(count, 6);
  queue.clear();
  assert.deepEqual(await Promise.all(granted.slice(6)), [false, false, false, false]);
});

test('a cleared queue leaves no timer', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const queue = new Queue(6, () => false);
  const granted = Array.from({ length: 4 }, () => queue.take(long));
  queue.clear();
  assert.deepEqual(await Promise.all(granted), [true, true, false, false]);
  assert.equal(timers(), before);
});

test('who waits is sent away when the time is over, which is asked again by then', async () => {
  const queue = new Queue(1, () => true);
  await queue.take(long);
  const lefts = [20, 20, 0];
  const late = queue.take(() => lefts.shift() ?? 0);
  const patient = queue.take(long);
  assert.equal(await late, false);
  assert.deepEqual(lefts, []);
  assert.equal(queue.length, 1);
  queue.give();
  assert.equal(await settled(patient), true);
});

test('a place that nobody waits for is free again', async () => {
  const queue = new Queue(1, () => true);
  await queue.take(long);
  assert.equal(queue.isBusy, true);
  queue.give();
  assert.equal(queue.isBusy, false);
  assert.equal(await settled(queue.take(long)), true);
});

test('a request needs twice what nine of ten took, within bounds', () => {
  const pace = new Pace();
  assert.equal(pace.needsMs(8_000), 4_000, 'nothing is known');
  for (let count = 0; count < 20; count += 1) pace.add(300);
  assert.equal(pace.needsMs(8_000), 1_500);
  pace.add(7_000);
  assert.equal(pace.needsMs(8_000), 1_500, 'one of twenty-one');
  assert.ok(pace.typicalMs() > 600);
  for (let count = 0; count < 64; count += 1) pace.add(1_200);
  assert.equal(pace.needsMs(8_000), 2_400);
  assert.equal(pace.typicalMs(), 1_200, 'what was before is forgotten');
  for (let count = 0; count < 64; count += 1) pace.add(5_000);
  assert.equal(pace.needsMs(8_000), 4_000);
});
