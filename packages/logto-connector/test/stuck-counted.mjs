/** A thread that begins its request, says so, and never comes back. */

import { claimRelease } from '../lib/task.js';

export default function stuck({ release }) {
  claimRelease(release);
  new BroadcastChannel('claims').postMessage('claimed');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
