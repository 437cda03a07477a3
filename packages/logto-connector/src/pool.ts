/**
 * Sends in a pool of threads, because jco's `wasi:http` blocks the thread that it runs in for the whole round trip,
 * and Logto has one thread for everybody.
 */

import { Tinypool } from 'tinypool';

import type { Failure, FailureKind, Message } from './component.js';
import { newRelease, withdrawRelease, type Outcome, type Task } from './task.js';

/** The longest that a send may take, waiting for a thread included. Logto's sign-in page gives up after 10 s. */
export const DEADLINE_MS = 8_000;

/** How long after its deadline a thread is ended. Only one that does not honour its deadline gets there. */
const GRACE_MS = 1_000;

/** Threads wait most of their time, so there may be more of them than processors. Each has a second one for I/O. */
const MAX_THREADS = 8;

/** Threads that nobody needs go after a minute. */
const IDLE_MS = 60_000;

/** At 200 ms each, what eight threads can do within the deadline. More would only wait in vain. */
const MAX_QUEUE = 256;

let pool: Tinypool | undefined;

/** Begun by the first send, and shared by all connectors of the process: Logto makes a new one for each send. */
function threads(): Tinypool {
  pool ??= new Tinypool({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: 0,
    maxThreads: MAX_THREADS,
    maxQueue: MAX_QUEUE,
    idleTimeout: IDLE_MS,
    // Logto's own options, such as a debugger's, are not for these threads.
    execArgv: [],
  });
  return pool;
}

/** Ends the threads, for tests and tools. The next send begins new ones. */
export async function close(): Promise<void> {
  const closing = pool;
  pool = undefined;
  await closing?.destroy();
}

/** Sends one message. Never rejects: what breaks on the way is *not sent* if no request began, else *unknown*. */
export async function send(config: unknown, message: Message): Promise<Outcome> {
  const release = newRelease();
  const task: Task = { config: JSON.stringify(config ?? null), message, deadline: Date.now() + DEADLINE_MS, release };
  try {
    return await threads().run(task, { signal: AbortSignal.timeout(DEADLINE_MS + GRACE_MS) });
  } catch (error) {
    if (!withdrawRelease(release)) {
      return {
        state: 'unknown',
        failure: failure('other', 'The connector broke after its request began, so the message may be on its way: look it up before sending again.'),
      };
    }
    const full = error instanceof Error && error.message === 'Task queue is at limit';
    return {
      state: 'not-sent',
      failure: full
        ? failure('rate-limited', 'This process has as many messages waiting as it can send in time. Wait a moment.')
        : failure('other', 'The connector broke before its request began. Nothing was sent.'),
    };
  }
}

function failure(kind: FailureKind, message: string): Failure {
  return { kind, message, diagnostics: [], attributes: [['turn', 'host']] };
}
