/**
 * What the pool's threads are told and what they answer, and the one bit that both sides of a thread share.
 *
 * When a thread dies or is given up, only this bit tells *not sent* from *unknown*. It is decided once: either the
 * thread claims the right to begin a request, or the caller withdraws it.
 */

import type { Failure, FailureKind, Message, Receipt } from './component.js';

export type Task = {
  /** JSON text. */
  config: string;
  /** The origins that requests may go to. */
  origins: string[];
  message: Message;
  /** By {@link now}. */
  deadline: number;
  /** How many milliseconds a request needs to be answered: none begins with less left. */
  needsMs: number;
  /** See {@link newRelease}. */
  release: Int32Array;
};

export type Outcome = (
  | { state: 'accepted'; receipt: Receipt }
  | { state: 'not-sent' | 'unknown'; failure: Failure }
) & {
  /** How long the request took, in milliseconds; absent when none began. */
  tookMs?: number;
};

/** A failure of the package's own making. */
export function failure(kind: FailureKind, message: string, more: Partial<Failure> = {}): Failure {
  return { kind, message, diagnostics: [], attributes: [['turn', 'host']], ...more };
}

/** The message waited too long for its turn: nothing was sent, and nothing is wrong with it. */
export function busy(retryAfterMs: number): Outcome {
  const text = 'This process has more messages waiting than it can send in time. Nothing was sent; wait a moment.';
  return { state: 'not-sent', failure: failure('rate-limited', text, { retryAfterMs }) };
}

/** Milliseconds of a clock that all threads of the process share, and that nobody sets back. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

const OPEN = 0;
const CLAIMED = 1;
const WITHDRAWN = 2;

/** A decision that is still open, in memory that threads share. */
export function newRelease(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Called before a request begins; false when the caller gave up before. A second request may begin too. */
export function claimRelease(release: Int32Array): boolean {
  return Atomics.compareExchange(release, 0, OPEN, CLAIMED) !== WITHDRAWN;
}

/** True once a request began. */
export function isClaimed(release: Int32Array): boolean {
  return Atomics.load(release, 0) === CLAIMED;
}

/** Called when the caller gives up; true when no request began, and then none will. */
export function withdrawRelease(release: Int32Array): boolean {
  return Atomics.compareExchange(release, 0, OPEN, WITHDRAWN) !== CLAIMED;
}
