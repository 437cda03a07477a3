/** A thread that begins its request and never comes back. */

import { claimRelease } from '../lib/task.js';

export default function stuck({ release }) {
  claimRelease(release);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
