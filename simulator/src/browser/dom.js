// Elements, texts in the reader's language, and times. Everything that is shown goes in as text.

let texts = {};
let language = 'en';

export async function loadTexts() {
  const all = await (await fetch('/_inbox/texts.json')).json();
  texts = all;
  const wanted = localStorage.getItem('language') ?? navigator.language;
  setLanguage(wanted.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en');
}

export function setLanguage(tag) {
  language = tag;
  document.documentElement.lang = tag;
  document.title = text('title');
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll('[data-placeholder]')) element.placeholder = text(element.dataset.placeholder);
  for (const element of document.querySelectorAll('[data-label]')) element.setAttribute('aria-label', text(element.dataset.label));
}

export const languageTag = () => language;

/** A text, with values in place of {names}. */
export function text(key, values = {}) {
  const found = texts[language]?.[key] ?? texts.en?.[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** Marks that deceive become visible: control characters, and those that turn the direction of what follows. */
const visible = (words) => words
  .replace(/[\u0000-\u0009\u000b-\u001f]/g, (mark) => String.fromCharCode(0x2400 + mark.charCodeAt(0)))
  .replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');

/** An element with properties, classes by `class`, attributes by `aria`, and children, of which strings become text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class') element.className = value;
    else if (name.startsWith('aria-') || name === 'role') element.setAttribute(name, value);
    else element[name] = value;
  }
  const shown = children.filter((child) => child !== undefined && child !== null);
  element.append(...shown.map((child) => (typeof child === 'string' ? visible(child) : child)));
  return element;
}

export const at = (id) => document.getElementById(id);

export function clockTime(unixMs) {
  return new Date(unixMs).toLocaleTimeString(language, { hour12: false });
}

export function fullTime(unixMs) {
  return new Date(unixMs).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium', hour12: false });
}

/** Tells readers of a screen. */
export function say(message) {
  at('said').textContent = message;
}

/** Buttons that say "copied", each with its own label and the timer that brings it back. */
const copied = new Map();

export async function copy(value, button) {
  const done = text('copied');
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    // Off loopback and without TLS browsers have no clipboard for pages.
    const field = make('textarea', { value, class: 'unseen' });
    document.body.append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
    button.focus();
  }
  const { label = button.textContent, timer } = copied.get(button) ?? {};
  clearTimeout(timer);
  button.textContent = done;
  say(done);
  copied.set(button, { label, timer: setTimeout(() => { button.textContent = label; copied.delete(button); }, 1500) });
}
