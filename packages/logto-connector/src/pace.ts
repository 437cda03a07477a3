/** Durations of recent requests, and the time that the next one needs. */

/** How many requests are remembered. */
const REMEMBERED = 64;

/** The duration that is assumed before the first response, in milliseconds. */
const UNKNOWN_MS = 300;

/** A request gets at least this long, for a handshake and an answer that take longer than those before. */
const LEAST_NEED_MS = 1_500;

export class Pace {
  readonly #recent: number[] = [];

  add(tookMs: number): void {
    this.#recent.push(tookMs);
    if (this.#recent.length > REMEMBERED) this.#recent.shift();
  }

  /** The mean of recent requests. */
  typicalMs(): number {
    if (this.#recent.length === 0) return UNKNOWN_MS;
    return this.#recent.reduce((sum, ms) => sum + ms, 0) / this.#recent.length;
  }

  /** How much time a request needs: twice what nine of ten took, and at most half of what a send may take. */
  needsMs(deadlineMs: number): number {
    const sorted = [...this.#recent].sort((one, other) => one - other);
    const most = sorted[Math.floor(0.9 * (sorted.length - 1))];
    if (most === undefined) return deadlineMs / 2;
    return Math.min(Math.max(LEAST_NEED_MS, 2 * most), deadlineMs / 2);
  }
}
