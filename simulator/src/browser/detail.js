// What is known of one message or one request.

import { at, copy, fullTime, make, text } from './dom.js';

/** The text about a signature, by the journal's verdict. */
const SIGNATURES = { right: 'signature-right', overlooked: 'signature-overlooked', refused: 'signature-refused' };

function facts(pairs) {
  const list = make('dl');
  for (const [name, value] of pairs) {
    if (value === undefined || value === null || value === '') continue;
    list.append(make('dt', {}, name), make('dd', {}, String(value)));
  }
  return list;
}

function back(close) {
  return make('button', { type: 'button', class: 'back quiet', onclick: close }, `‹ ${text('back')}`);
}

export function showMessage(message, requests, open, close) {
  const pane = at('detail');
  const heading = make('h2', {}, message.to);
  const parts = [back(close), heading, make('p', { class: 'when' }, fullTime(message.time_unix_ms))];
  if (message.otp) {
    const button = make('button', { type: 'button', id: 'copy' }, text('copy'));
    button.addEventListener('click', () => copy(message.otp, button));
    parts.push(make('p', { class: 'code' }, make('strong', { id: 'code' }, message.otp), ' ', button));
  }
  parts.push(make('div', { class: 'bubble' }, message.text));
  parts.push(facts([
    [text('segments'), message.segments],
    [text('template'), message.template_id],
    [text('parameters'), message.params.length > 0 ? message.params.map((p) => `“${p}”`).join(', ') : text('none')],
    [text('signature'), message.sign],
    [text('application'), message.app_id],
    [text('country'), message.iso_code],
    [text('serial'), message.serial_no],
    [text('context'), message.session_context],
    [text('sender'), message.sender_id],
    [text('extension'), message.extend_code],
  ]));
  const entry = requests.find(({ sequence }) => sequence === message.request);
  if (entry) {
    const button = make('button', { type: 'button', class: 'quiet' }, text('show-request', { number: entry.sequence }));
    button.addEventListener('click', () => open(entry.sequence));
    parts.push(make('h3', {}, text('verified')), verified(entry, 'Ok'), button);
  }
  fill(pane, parts);
}

/** Lines of explanation, and what they quote as it stands. */
function why(lines) {
  const quoted = lines.filter((line) => line.startsWith('|')).map((line) => line.slice(2));
  const said = lines.filter((line) => !line.startsWith('|'));
  const list = make('ul', { class: 'why' }, ...said.map((line) => make('li', {}, line)));
  return quoted.length > 0 ? [list, make('pre', { tabIndex: 0 }, quoted.join('\n'))] : [list];
}

/** What the simulator compared before it said yes or no: to the request, or to one number of it. */
function verified(entry, verdict = entry.verdict) {
  const list = make('ul', { class: 'checks' });
  const add = (isFine, words) => list.append(make('li', { class: isFine ? 'fine' : 'wrong' }, make('span', { 'aria-hidden': 'true' }, isFine ? '✓ ' : '✗ '), words));
  if (entry.credential && entry.signature) {
    add(entry.signature === 'right', text(SIGNATURES[entry.signature], { key: entry.credential, account: entry.account ?? '?' }));
  }
  if (verdict === 'Ok') add(true, text('all-checked'));
  else if (verdict) add(false, text('refused-with', { code: verdict }));
  if (entry.fault) add(false, text('fault-done', { fault: faultName(entry.fault) }));
  return list;
}

export function faultName(kind) {
  return text(`fault-${kind}`);
}

export function showRequest(entry, close) {
  const pane = at('detail');
  const verdict = entry.verdict || text('not-processed');
  const parts = [
    back(close),
    make('h2', {}, `${entry.action ?? text('unknown-action')} #${entry.sequence}`),
    make('p', { class: 'when' }, fullTime(entry.time_unix_ms)),
    make('p', { class: entry.verdict === 'Ok' ? 'verdict fine' : 'verdict wrong' }, verdict),
  ];
  if (entry.detail.length > 0) {
    parts.push(make('h3', {}, text(entry.verdict === 'Ok' ? 'notes' : 'why')), ...why(entry.detail));
  }
  parts.push(make('h3', {}, text('verified')), verified(entry));
  if (entry.recipients.length > 0) {
    const rows = entry.recipients.map(({ number, verdict: own }) => make('li', { class: own === 'Ok' ? 'fine' : 'wrong' }, `${number}: ${own || text('not-processed')}`));
    parts.push(make('h3', {}, text('recipients')), make('ul', { class: 'checks' }, ...rows));
  }
  parts.push(facts([
    [text('request-id'), entry.request_id],
    [text('key'), entry.credential],
    [text('account'), entry.account],
    [text('body'), text(entry.complete ? 'bytes-complete' : 'bytes-cut', { bytes: entry.body_bytes })],
  ]));
  for (const [key, value] of [['canonical-request', entry.canonical_request], ['string-to-sign', entry.string_to_sign]]) {
    if (value) parts.push(make('h3', {}, text(key)), make('pre', { tabIndex: 0 }, value));
  }
  fill(pane, parts);
}

function fill(pane, parts) {
  pane.replaceChildren(...parts);
  pane.hidden = false;
  pane.scrollTop = 0;
}
