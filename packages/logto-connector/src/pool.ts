/**
 * Sends in a pool of threads, because jco's `wasi:http` blocks the thread that it runs in for the whole round trip,
 * and Logto has one thread for everybody.
 *
 * | a message that finds | is |
 * |---|---|
 * | a free thread | sent |
 * | all threads busy, and time for its turn | sent in its turn |
 * | more before it than can be sent in time, or a full queue | *not sent* at once, with the time to try again |
 * | its turn when a request no longer has time to be answered | *not sent*, with the time to try again |
 */

import { Tinypool } from 'tinypool';

import type { Message } from './component.js';
import { grantedOrigins } from './egress.js';
import { Pace } from './pace.js';
import { Queue } from './queue.js';
import { busy, failure, isClaimed, newRelease, now, withdrawRelease, type Outcome, type Task } from './task.js';

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
  maxThreads: 16,
  // A bound on memory: what can be sent in time is fewer, unless the provider answers in 100 ms.
  maxQueue: 1_024,
};

/** Threads that nobody needs go after a minute. */
const IDLE_MS = 60_000;

/** The least time after which trying again makes sense. */
const LEAST_RETRY_MS = 1_000;

export class Pool {
  readonly #options: Options;
  readonly #queue: Queue;
  readonly #pace = new Pace();
  /** The decisions of the calls that have a thread. */
  readonly #running = new Set<Int32Array>();
  #lastEnd = 0;
  /** How often the threads were ended. */
  #generation = 0;
  #threads: Tinypool | undefined;

  constructor(options: Partial<Options> = {}) {
    this.#options = { ...DEFAULTS, ...options };
    // While a thread starts, another would delay it; while all wait for the provider, another costs nothing.
    this.#queue = new Queue(this.#options.maxThreads, () => [...this.#running].every(isClaimed));
  }

  /** Sends one message. Never rejects: what breaks on the way is *not sent* if no request began, else *unknown*. */
  async send(config: unknown, message: Message): Promise<Outcome> {
    const { deadlineMs, maxQueue } = this.#options;
    const began = now();
    const deadline = began + deadlineMs;
    if (began - this.#lastEnd > IDLE_MS) this.#queue.restart();
    // Computed again when it is over: by then more durations of requests are known.
    const mayWaitMs = (): number => deadline - this.#pace.needsMs(deadlineMs) - now();
    const full = this.#queue.isBusy && (this.#queue.length >= maxQueue || this.#backlogMs() > mayWaitMs());
    const generation = this.#generation;
    if (full) return busy(this.#retryAfterMs());
    const granted = await this.#queue.take(mayWaitMs);
    if (!granted) return generation === this.#generation ? busy(this.#retryAfterMs()) : broken();
    try {
      if (generation !== this.#generation) return broken();
      return await this.#run(config, message, deadline);
    } finally {
      this.#lastEnd = now();
      this.#queue.give();
    }
  }

  async #run(config: unknown, message: Message, deadline: number): Promise<Outcome> {
    const { deadlineMs, graceMs } = this.#options;
    const release = newRelease();
    this.#running.add(release);
    try {
      const task: Task = {
        config: JSON.stringify(config ?? null),
        origins: grantedOrigins(config),
        message,
        deadline,
        needsMs: this.#pace.needsMs(deadlineMs),
        release,
      };
      const signal = AbortSignal.timeout(Math.max(0, deadline - now()) + graceMs);
      const outcome: Outcome = await this.#started().run(task, { signal });
      if (outcome.tookMs !== undefined) this.#pace.add(outcome.tookMs);
      return outcome;
    } catch {
      if (!withdrawRelease(release)) {
        return {
          state: 'unknown',
          failure: failure('other', 'The connector broke after its request began, so the message may be on its way: look it up before sending again.'),
        };
      }
      return broken();
    } finally {
      this.#running.delete(release);
    }
  }

  /** The estimated wait behind all waiting calls. */
  #backlogMs(): number {
    return ((this.#queue.length + 1) / this.#options.maxThreads) * this.#pace.typicalMs();
  }

  #retryAfterMs(): number {
    return Math.max(LEAST_RETRY_MS, Math.ceil(this.#backlogMs() / 1_000) * 1_000);
  }

  /** Ends the threads; what waits for one is not sent. The next send begins new ones. */
  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = undefined;
    this.#generation += 1;
    this.#queue.clear();
    this.#queue.restart();
    await threads?.destroy();
  }

  /** The threads, begun by the first send. */
  #started(): Tinypool {
    const { filename, maxThreads } = this.#options;
    this.#threads ??= new Tinypool({
      filename,
      minThreads: 0,
      maxThreads,
      idleTimeout: IDLE_MS,
      // Logto's own options, such as a debugger's, are not for these threads.
      execArgv: [],
    });
    return this.#threads;
  }
}

function broken(): Outcome {
  return { state: 'not-sent', failure: failure('other', 'The connector broke before its request began. Nothing was sent.') };
}

/** Shared by all connectors of the process, because Logto makes a new one for each send. */
export const pool = new Pool();
