// The page: two lists and what is chosen in them, a search, faults and the clock.

import { at, clockTime, languageTag, loadTexts, make, say, setLanguage, text } from './dom.js';
import { showMessage, showRequest } from './detail.js';
import { List } from './list.js';
import { ask, follow, hasToken, setToken } from './stream.js';
import { drawAccount, drawTools, toolsTold } from './tools.js';

/** The newest last, as they came. */
let messages = [];
let requests = [];
let view = 'messages';
let list;

const searched = {
  messages: (m) => `${m.to} ${m.text} ${m.template_id} ${m.sign} ${m.serial_no} ${m.session_context}`,
  requests: (r) => `${r.action ?? ''} ${r.verdict} ${r.request_id} ${r.fault ?? ''} ${r.recipients.map((one) => one.number).join(' ')} ${r.detail.join(' ')}`,
};

function matches() {
  const words = at('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = view === 'messages' ? messages : requests;
  const fits = words.length === 0 ? all : all.filter((item) => {
    item.words ??= searched[view](item).toLowerCase();
    return words.every((word) => item.words.includes(word));
  });
  return fits.toReversed();
}

function row(item) {
  const time = make('time', {}, clockTime(item.time_unix_ms));
  if (view === 'messages') {
    const code = item.otp ? make('strong', {}, item.otp) : '';
    return make('div', { class: 'row' }, make('span', { class: 'top' }, make('b', {}, item.to), code, time), make('span', { class: 'line' }, item.text));
  }
  const isFine = item.verdict === 'Ok' && !item.fault;
  const verdict = item.verdict || text('not-processed');
  const more = item.fault ? text('fault-done', { fault: text(`fault-${item.fault}`) }) : (item.detail[0] ?? item.recipients.map((one) => one.number).join(', '));
  return make('div', { class: isFine ? 'row' : 'row refused' },
    make('span', { class: 'top' }, make('b', {}, `#${item.sequence} ${item.action ?? text('unknown-action')}`), time),
    make('span', { class: 'line' }, make('span', { class: isFine ? 'fine' : 'wrong' }, verdict), more ? ` · ${more}` : ''));
}

function draw() {
  at('message-count').textContent = messages.length;
  at('request-count').textContent = requests.length;
  if (view === 'tools') return;
  const found = matches();
  list.show(found);
  const isSearch = at('search').value.trim() !== '';
  at('empty').textContent = found.length > 0 ? '' : text(isSearch ? 'nothing-found' : view === 'messages' ? 'no-messages' : 'no-requests');
}

function close() {
  const hadFocus = at('detail').contains(document.activeElement);
  at('detail').hidden = true;
  document.body.classList.remove('has-detail');
  if (hadFocus && view !== 'tools') at('list').focus();
}

function chosen(item, opens) {
  if (view === 'messages') showMessage(item, requests, (sequence) => { turn('requests'); list.choose(sequence); }, close);
  else showRequest(item, close);
  // On a narrow screen the detail covers the list; arrow keys go on in the list.
  document.body.classList.toggle('has-detail', opens || document.body.classList.contains('has-detail'));
}

function turn(to) {
  list.show([]);
  view = to;
  for (const name of ['messages', 'requests', 'tools']) {
    const tab = at(`tab-${name}`);
    tab.setAttribute('aria-selected', name === to);
    tab.tabIndex = name === to ? 0 : -1;
  }
  const isTools = to === 'tools';
  at('tools-pane').hidden = !isTools;
  at('list-pane').hidden = isTools;
  for (const id of ['list-pane', 'list']) at(id).setAttribute('aria-labelledby', `tab-${isTools ? 'messages' : to}`);
  at('clear').hidden = to !== 'messages';
  close();
  list.key = null;
  list.renew();
  at('list').scrollTop = 0;
  draw();
}

/** What was new; 'again' when something was deleted in between, so that all is read anew. */
function told(event, isFirst) {
  if (event.is_new || isFirst) { messages = []; requests = []; list.key = null; list.renew(); close(); }
  messages = joined(messages, event.messages, event.message_span);
  requests = joined(requests, event.requests, event.request_span);
  const isBehind = (items, span) => items.at(-1)?.sequence < span.newest;
  if (messages.length > event.message_span.count && !isBehind(messages, event.message_span)) return 'again';
  if (!isFirst && event.messages.length > 0) say(text('arrived', { count: event.messages.length, to: event.messages.at(-1).to }));
  toolsTold(event);
  draw();
  return undefined;
}

function joined(items, added, span) {
  const all = added.length > 0 ? items.concat(added) : items;
  if (span.count === 0) return [];
  const first = all.findIndex(({ sequence }) => sequence >= span.oldest);
  return first > 0 ? all.slice(first) : all;
}

function state(is) {
  const status = at('status');
  status.dataset.state = is;
  status.textContent = text(`state-${is}`);
  at('token-form').hidden = is !== 'token';
  // Whoever had to show a token first was refused the account, too.
  if (is === 'live') drawAccount();
  if (is !== 'token') return undefined;
  at('token-wrong').hidden = !hasToken();
  at('token').focus();
  return new Promise((resolve) => { at('token-form').addEventListener('submit', resolve, { once: true }); });
}

function speak(tag) {
  setLanguage(tag);
  at('language').textContent = tag === 'en' ? '中文' : 'English';
  at('language').lang = tag === 'en' ? 'zh-CN' : 'en';
  at('status').textContent = text(`state-${at('status').dataset.state}`);
  drawTools();
  list.renew();
  close();
  draw();
}

await loadTexts();
list = new List(row, chosen);
turn('messages');
speak(languageTag());

for (const name of ['messages', 'requests', 'tools']) at(`tab-${name}`).addEventListener('click', () => turn(name));
document.querySelector('nav').addEventListener('keydown', (event) => {
  const names = ['messages', 'requests', 'tools'];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || !event.target.id.startsWith('tab-')) return;
  const next = names[(names.indexOf(view) + step + names.length) % names.length];
  turn(next);
  at(`tab-${next}`).focus();
});
at('search').addEventListener('input', () => { if (view === 'tools') turn('messages'); at('list').scrollTop = 0; draw(); });
at('clear').addEventListener('click', async () => {
  try {
    await ask('DELETE', '/_sim/messages');
    at('list').focus();
  } catch (error) {
    at('empty').textContent = error.message;
  }
});
at('language').addEventListener('click', () => {
  const tag = languageTag() === 'en' ? 'zh-CN' : 'en';
  localStorage.setItem('language', tag);
  speak(tag);
});
at('token-form').addEventListener('submit', (event) => { event.preventDefault(); setToken(at('token').value); at('token').value = ''; });
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !at('detail').hidden) close();
});

follow(told, state);
