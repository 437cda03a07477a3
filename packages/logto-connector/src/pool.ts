/**
 * Sends in a pool of threads, because jco's `wasi:http` blocks the thread that it runs in for the whole round trip,
 * and Logto has one thread for everybody.
 */

import { Tinypool } from 'tinypool';

import type { Failure, FailureKind, Message } from './component.js';
import { grantedOrigins } from './egress.js';
import { newRelease, withdrawRelease, type Outcome, type Task } from './task.js';

export type Options = {
  /** What runs in a thread. */
  filename: string;
  /** The longest that a send may take, waiting for a thread included, in milliseconds. */
  deadlineMs: number;
  /** How long after that a thread is ended, in milliseconds. One that honours its deadline is not. */
  graceMs: number;
  /** How many sends at once. Each thread has a second one for I/O. */
  maxThreads: number;
  /** How many sends may wait for a thread. */
  maxQueue: number;
};

const DEFAULTS: Options = {
  filename: new URL('./worker.js', import.meta.url).href,
  // Logto's sign-in page gives up after 10 s.
  deadlineMs: 8_000,
  graceMs: 1_000,
  // They wait most of their time, so there may be more of them than processors.
  maxThreads: 8,
  // At 200 ms each, what eight threads can do within the deadline. More would wait in vain.
  maxQueue: 256,
};

/** Threads that nobody needs go after a minute. */
const IDLE_MS = 60_000;

export class Pool {
  readonly #options: Options;
  #threads: Tinypool | undefined;

  constructor(options: Partial<Options> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Sends one message. Never rejects: what breaks on the way is *not sent* if no request began, else *unknown*. */
  async send(config: unknown, message: Message): Promise<Outcome> {
    const { deadlineMs, graceMs } = this.#options;
    const release = newRelease();
    try {
      const task: Task = {
        config: JSON.stringify(config ?? null),
        origins: grantedOrigins(config),
        message,
        deadline: Date.now() + deadlineMs,
        release,
      };
      return await this.#started().run(task, { signal: AbortSignal.timeout(deadlineMs + graceMs) });
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

  /** Ends the threads. The next send begins new ones. */
  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = undefined;
    await threads?.destroy();
  }

  /** The threads, begun by the first send. */
  #started(): Tinypool {
    const { filename, maxThreads, maxQueue } = this.#options;
    this.#threads ??= new Tinypool({
      filename,
      minThreads: 0,
      maxThreads,
      maxQueue,
      idleTimeout: IDLE_MS,
      // Logto's own options, such as a debugger's, are not for these threads.
      execArgv: [],
    });
    return this.#threads;
  }
}

/** Shared by all connectors of the process, because Logto makes a new one for each send. */
export const pool = new Pool();

function failure(kind: FailureKind, message: string): Failure {
  return { kind, message, diagnostics: [], attributes: [['turn', 'host']] };
}
