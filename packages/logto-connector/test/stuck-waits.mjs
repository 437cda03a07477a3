/** A thread that never begins its request and never comes back. */

export default function stuck() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
