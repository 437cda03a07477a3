// A list of any length: only the rows in sight are elements.

import { at } from './dom.js';

const HEIGHT = 68;
const AHEAD = 6;

/** Shows `items` newest first. `row` makes the contents of one; `chosen` hears which was chosen. */
export class List {
  constructor(row, chosen) {
    this.row = row;
    this.chosen = chosen;
    this.items = [];
    this.key = null;
    this.made = new Map();
    this.box = at('list');
    this.rows = at('rows');
    this.box.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.box.addEventListener('click', ({ target }) => {
      const element = target.closest('[role=option]');
      if (element) this.choose(Number(element.dataset.key));
    });
    this.box.addEventListener('keydown', (event) => this.pressed(event));
  }

  /** Replaces the items, and keeps what is in sight where it is. */
  show(items) {
    const grown = items.length - this.items.length;
    this.items = items;
    this.rows.style.height = `${items.length * HEIGHT}px`;
    if (this.box.scrollTop > HEIGHT && grown > 0) this.box.scrollTop += grown * HEIGHT;
    this.draw();
  }

  /** Makes all rows anew: another language, another kind of items. */
  renew() {
    for (const element of this.made.values()) element.remove();
    this.made.clear();
    this.draw();
  }

  draw() {
    const { scrollTop, clientHeight } = this.box;
    const first = Math.max(0, Math.floor(scrollTop / HEIGHT) - AHEAD);
    const last = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / HEIGHT) + AHEAD);
    const wanted = new Set(this.items.slice(first, last).map(({ sequence }) => sequence));
    for (const [key, element] of this.made) {
      if (wanted.has(key)) continue;
      element.remove();
      this.made.delete(key);
    }
    // Screen readers read elements in the order of the document, whatever their places on the page.
    let before = null;
    for (let index = first; index < last; index += 1) {
      const item = this.items[index];
      let element = this.made.get(item.sequence);
      if (!element) {
        element = this.row(item);
        element.id = `row-${item.sequence}`;
        element.dataset.key = item.sequence;
        element.setAttribute('role', 'option');
        this.made.set(item.sequence, element);
      }
      const place = before ? before.nextElementSibling : this.rows.firstElementChild;
      if (place !== element) this.rows.insertBefore(element, place);
      before = element;
      element.style.top = `${index * HEIGHT}px`;
      element.setAttribute('aria-posinset', index + 1);
      element.setAttribute('aria-setsize', this.items.length);
      element.setAttribute('aria-selected', item.sequence === this.key);
    }
    if (this.made.has(this.key)) this.box.setAttribute('aria-activedescendant', `row-${this.key}`);
    else this.box.removeAttribute('aria-activedescendant');
  }

  choose(key, opens = true) {
    this.key = key;
    this.draw();
    const item = this.items.find(({ sequence }) => sequence === key);
    if (item) this.chosen(item, opens);
  }

  pressed(event) {
    const index = this.items.findIndex(({ sequence }) => sequence === this.key);
    const page = Math.max(1, Math.floor(this.box.clientHeight / HEIGHT) - 1);
    const moves = { ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1, PageDown: index + page, PageUp: index - page, Home: 0, End: this.items.length - 1 };
    if (event.key === 'Enter' && index >= 0) {
      event.preventDefault();
      this.choose(this.key);
      at('detail').focus();
      return;
    }
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey || this.items.length === 0) return;
    event.preventDefault();
    const next = Math.min(this.items.length - 1, Math.max(0, moves[event.key]));
    const top = next * HEIGHT;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    if (top + HEIGHT > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + HEIGHT - this.box.clientHeight;
    this.choose(this.items[next].sequence, false);
  }
}
