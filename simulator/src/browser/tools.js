// Faults and the clock by click.

import { at, copy, fullTime, make, say, text } from './dom.js';
import { faultName } from './detail.js';
import { ask } from './stream.js';

/** What the page offers; `/_sim/faults` takes more. */
const FAULTS = [
  { kind: 'code', code: 'LimitExceeded.PhoneNumberThirtySecondLimit' },
  { kind: 'unavailable', status: 502 },
  { kind: 'delay', ms: 3000 },
  { kind: 'hang' },
  { kind: 'hang-before-reading' },
  { kind: 'close-on-accept' },
  { kind: 'close-before-reading' },
  { kind: 'read-half-then-close' },
  { kind: 'accept-then-close' },
  { kind: 'accept-then-reset' },
  { kind: 'accept-then-code', code: 'InternalError.Timeout' },
  { kind: 'accept-then-status', status: 502 },
  { kind: 'truncated' },
  { kind: 'cut-json' },
  { kind: 'empty-body' },
  { kind: 'oversized', bytes: 4000000 },
  { kind: 'empty-set' },
  { kind: 'missing-set' },
  { kind: 'short-set' },
  { kind: 'foreign-set' },
  { kind: 'unknown-code' },
  { kind: 'gzip' },
  { kind: 'charset' },
];

/** The value that a fault may be given. */
const VALUES = ['code', 'status', 'ms', 'bytes'];

let clock = { mode: 'running', unix_ms: Date.now() };
let heard = Date.now();
let waiting = { faults: [], chaos: null };

const now = () => clock.unix_ms + (clock.mode === 'running' ? Date.now() - heard : 0);

async function change(method, path, body) {
  const problem = at('tools-problem');
  problem.textContent = '';
  try {
    await ask(method, path, body);
    say(text('done'));
  } catch (error) {
    problem.textContent = error.message;
  }
}

const button = (key, act, properties = {}) => make('button', { type: 'button', onclick: act, ...properties }, text(key));

export function drawTools() {
  const kind = make('select', { id: 'fault-kind' }, ...FAULTS.map((fault) => make('option', { value: fault.kind }, faultName(fault.kind))));
  const value = make('input', { id: 'fault-value', autocomplete: 'off', spellcheck: false });
  const valueName = make('span');
  const valueLabel = make('label', {}, valueName, value);
  const times = make('input', { id: 'fault-times', type: 'number', min: 1, max: 1000, value: 1, required: true });
  const offer = () => FAULTS.find((fault) => fault.kind === kind.value);
  const chosen = () => {
    const name = VALUES.find((wanted) => wanted in offer());
    // It is about the next connection, which may be the one that would clear it.
    times.max = kind.value === 'close-on-accept' ? 1 : 1000;
    valueLabel.hidden = name === undefined;
    value.required = name !== undefined;
    if (name !== undefined) {
      valueName.textContent = text(`value-${name}`);
      value.type = name === 'code' ? 'text' : 'number';
      value.value = offer()[name];
    }
    return name;
  };
  kind.addEventListener('change', chosen);
  const faults = make('form', {}, make('h2', {}, text('faults')), make('p', {}, text('faults-hint')),
    make('label', {}, text('fault'), kind), valueLabel, make('label', {}, text('times'), times),
    make('button', { type: 'submit', id: 'fault-add' }, text('fault-add')),
    make('ul', { id: 'fault-list' }),
    button('faults-clear', () => change('DELETE', '/_sim/faults'), { id: 'faults-clear', class: 'quiet' }));
  faults.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = VALUES.find((wanted) => wanted in offer());
    const fault = { kind: kind.value };
    if (name !== undefined) fault[name] = name === 'code' ? value.value.trim() : Number(value.value);
    change('POST', '/_sim/faults', { fault, times: Number(times.value) });
  });
  const advance = (key, ms) => button(key, () => change('PUT', '/_sim/clock', { advance_ms: ms }), { class: 'quiet' });
  const time = make('section', {}, make('h2', {}, text('clock')), make('p', {}, text('clock-hint')),
    make('p', { id: 'clock-now', class: 'clock' }),
    make('div', { class: 'buttons' }, advance('plus-31-s', 31_000), advance('plus-1-h', 3_600_000), advance('plus-1-d', 86_400_000),
      button('freeze', () => change('PUT', '/_sim/clock', { frozen_unix_s: Math.floor(now() / 1000) }), { id: 'freeze', class: 'quiet' }),
      button('real-time', () => change('PUT', '/_sim/clock', { offset_s: 0 }), { id: 'real-time', class: 'quiet' })));
  const reset = make('section', {}, make('h2', {}, text('reset')), make('p', {}, text('reset-hint')),
    button('reset-all', () => { if (confirm(text('reset-sure'))) change('POST', '/_sim/reset'); }, { class: 'danger' }));
  const account = make('section', { id: 'account', hidden: true });
  at('tools-pane').replaceChildren(make('p', { id: 'tools-problem', class: 'problem', role: 'alert' }), faults, time, reset, account);
  drawAccount();
  chosen();
  drawWaiting();
  tick();
}

/** What a client is set up with, as the connector takes it. A catalogue with keys of its own shows none. */
export async function drawAccount() {
  const card = at('account');
  const { account } = await ask('GET', '/_sim/account').catch(() => ({}));
  if (!account) return;
  const config = {
    accessKeyId: account.secret_id,
    accessKeySecret: account.secret_key,
    signName: account.signature,
    sdkAppId: account.app,
    region: account.region,
    templates: ['SignIn', 'Register', 'ForgotPassword', 'Generic'].map((usageType) => ({ usageType, templateCode: account.templates })),
    endpoint: location.origin,
  };
  const shown = JSON.stringify(config, null, 1);
  const copied = make('button', { type: 'button' }, text('account-copy'));
  copied.addEventListener('click', () => copy(shown, copied));
  card.replaceChildren(make('h2', {}, text('account-card')), make('p', {}, text('account-hint')),
    make('pre', { tabIndex: 0 }, shown), copied);
  card.hidden = false;
}

export function toolsTold({ faults, chaos, clock: given }) {
  clock = given;
  heard = Date.now();
  waiting = { faults, chaos };
  drawWaiting();
  tick();
}

/** The faults that wait, and their count in the tab. */
function drawWaiting() {
  const { faults, chaos } = waiting;
  const rows = faults.map(({ fault, times }) => {
    const { kind, ...more } = fault;
    const values = Object.values(more).filter((given) => given !== null).join(', ');
    return make('li', {}, `${times} × ${faultName(kind)}${values ? ` (${values})` : ''}`);
  });
  if (chaos) rows.push(make('li', {}, text('chaos-on', { percent: Math.round(chaos.probability * 100) })));
  const count = at('fault-count');
  count.textContent = rows.length;
  count.hidden = rows.length === 0;
  at('fault-list').replaceChildren(...rows);
  at('faults-clear').hidden = faults.length === 0;
}

function tick() {
  const shown = at('clock-now');
  if (shown) shown.textContent = `${fullTime(now())} · ${text(clock.mode === 'frozen' ? 'clock-frozen' : 'clock-running')}`;
}

setInterval(tick, 1000);
