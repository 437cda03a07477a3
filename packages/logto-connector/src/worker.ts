/**
 * Runs in a thread of the pool: one send at a time, blocking this thread for as long as it takes.
 */

import { explained, noteCause } from './cause.js';
import { instance, type Instance } from './component.js';
import { requestedOrigin, type Addressed } from './egress.js';
import type { FutureIncomingResponse, OutgoingRequest, RequestOptions } from './generated/interfaces/wasi-http-types.js';
import { busy, claimRelease, now, type Outcome, type Task } from './task.js';
import { monotonicClock, wallClock } from './wasi/nodejs/clocks.js';
import { outgoingHandler, types } from './wasi/nodejs/http.js';
import { error, poll, streams } from './wasi/nodejs/io.js';

// jco's output looks for this eight times and goes on without it. Where V8 has no such function (Node 20, Node 22)
// each time costs 5 ms, because V8 renders the place of the error in half a megabyte of JavaScript. What it would
// be used for, calls that suspend, is not part of this component.
(WebAssembly as unknown as { promising: unknown }).promising ??= (exported: unknown) => exported;

/** The call at hand. There is at most one in a thread. */
type Call = Task & {
  /** A request was not begun, because it had too little time left to be answered. */
  late: boolean;
  /** When the request began, by {@link now}. */
  began?: number;
  /** Why the connection could not be made, in Node's words. */
  cause?: string;
};
let current: Call | undefined;

const imports = {
  'wasi:clocks/monotonic-clock': monotonicClock,
  'wasi:clocks/wall-clock': wallClock,
  'wasi:http/types': types,
  'wasi:io/error': error,
  'wasi:io/poll': poll,
  'wasi:io/streams': streams,
  'wasi:http/outgoing-handler': {
    handle(request: OutgoingRequest & Addressed, options: RequestOptions | undefined) {
      const call = current;
      const origin = requestedOrigin(request);
      if (call === undefined || origin === undefined || !call.origins.includes(origin)) {
        throw { tag: 'HTTP-request-denied' };
      }
      if (call.deadline - now() < call.needsMs) {
        call.late = true;
        throw { tag: 'connection-timeout' };
      }
      // Once the caller gave up and said that nothing was sent, nothing may be.
      if (!claimRelease(call.release)) throw { tag: 'HTTP-request-denied' };
      call.began ??= now();
      return noteCause(outgoingHandler.handle(request, options) as FutureIncomingResponse, (cause) => (call.cause = cause));
    },
  },
};

let idle: Instance | undefined;

/** Sends one message. Rejects only when the component traps, which says nothing about what left. */
export default function send(task: Task): Outcome {
  const connector = idle ?? instance(imports);
  idle = undefined;
  const running: Call = { ...task, late: false };
  current = running;
  try {
    const timeoutMs = Math.max(0, Math.floor(task.deadline - now()));
    const outcome = call(connector, { ...task, message: { ...task.message, timeoutMs } });
    connector.reset();
    idle = connector;
    if (running.began === undefined) return running.late ? busy(task.needsMs) : outcome;
    return { ...explained(outcome, running.cause), tookMs: now() - running.began };
  } finally {
    current = undefined;
  }
}

function call({ sms }: Instance, { config, message }: Task): Outcome {
  try {
    return { state: 'accepted', receipt: sms.sendMessage(config, message) };
  } catch (thrown) {
    // jco throws a function's error as an `Error` with a payload, and a trap as an `Error` without one.
    if (thrown instanceof Error && 'payload' in thrown) {
      const { tag, val } = thrown.payload as { tag: 'not-sent' | 'unknown'; val: Extract<Outcome, { failure: unknown }>['failure'] };
      return { state: tag, failure: val };
    }
    throw thrown;
  }
}
