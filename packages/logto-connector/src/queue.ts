/**
 * Places for calls, and a first-in-first-out queue of those that wait for one, each for a bounded time.
 *
 * There are few places at first, and one more after each call that ended, and every {@link GROWTH_MS} while `mayGrow`
 * allows it, up to a bound: threads that all start at once delay each other's first response.
 */

const FIRST_PLACES = 2;
const GROWTH_MS = 100;

export class Queue {
  readonly #most: number;
  readonly #mayGrow: () => boolean;
  #places = 0;
  #taken = 0;
  #waiting: Array<(granted: boolean) => void> = [];
  #growth: NodeJS.Timeout | undefined;

  constructor(most: number, mayGrow: () => boolean) {
    this.#most = most;
    this.#mayGrow = mayGrow;
    this.restart();
  }

  /** Begins with few places again, because the threads are gone. */
  restart(): void {
    this.#places = Math.min(FIRST_PLACES, this.#most);
  }

  /** The number of waiting calls. */
  get length(): number {
    return this.#waiting.length;
  }

  /** True if the next call has to wait. */
  get isBusy(): boolean {
    return this.#taken >= this.#places;
  }

  /** Waits for a place: true once there is one, false when `leftMs` returns that no time is left. */
  take(leftMs: () => number): Promise<boolean> {
    if (!this.isBusy) {
      this.#taken += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const answer = (granted: boolean): void => {
        clearTimeout(timer);
        resolve(granted);
      };
      const look = (): void => {
        const left = leftMs();
        if (left > 0) {
          timer = setTimeout(look, left);
          return;
        }
        this.#waiting = this.#waiting.filter((other) => other !== answer);
        answer(false);
      };
      let timer = setTimeout(look, leftMs());
      this.#waiting.push(answer);
      this.#growth ??= setInterval(() => {
        if (this.#mayGrow()) this.#grow();
      }, GROWTH_MS);
    });
  }

  /** Returns a place, which goes to the call that waits longest. */
  give(): void {
    this.#taken -= 1;
    this.#grow();
  }

  #grow(): void {
    this.#places = Math.min(this.#places + 1, this.#most);
    while (!this.isBusy) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#taken += 1;
      next(true);
    }
    if (this.#waiting.length === 0 || this.#places === this.#most) {
      this.#stopGrowth();
    }
  }

  #stopGrowth(): void {
    clearInterval(this.#growth);
    this.#growth = undefined;
  }

  /** Refuses all waiting calls. */
  clear(): void {
    for (const answer of this.#waiting.splice(0)) answer(false);
    this.#stopGrowth();
  }
}
