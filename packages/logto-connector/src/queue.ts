/**
 * Places for calls, and a first-in-first-out queue of those that wait for one, each for a bounded time.
 *
 * There are few places at first, and one more after each call that ended and every {@link GROWTH_MS} while somebody
 * waits, up to a bound: threads that all start at once keep each other from the first answer.
 */

const FIRST_PLACES = 2;
const GROWTH_MS = 100;

export class Queue {
  readonly #most: number;
  #places = 0;
  #taken = 0;
  #waiting: Array<(granted: boolean) => void> = [];
  #growth: NodeJS.Timeout | undefined;

  constructor(most: number) {
    this.#most = most;
    this.restart();
  }

  /** Few places again, because the threads are gone. */
  restart(): void {
    this.#places = Math.min(FIRST_PLACES, this.#most);
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Whether somebody who comes now has to wait. */
  get isBusy(): boolean {
    return this.#taken >= this.#places;
  }

  /** A place: true once there is one, false when there is none and `leftMs` says that no time is left to wait. */
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
      this.#growth ??= setInterval(() => this.#grow(), GROWTH_MS);
    });
  }

  /** Gives a place back, and it or two to those who wait longest. */
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
      clearInterval(this.#growth);
      this.#growth = undefined;
    }
  }

  /** Sends everybody away who waits. */
  clear(): void {
    for (const answer of this.#waiting.splice(0)) answer(false);
  }
}
