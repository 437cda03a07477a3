/** The simulator's inbox in a browser. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { chromium } from 'playwright-core';

import { send, start } from './client.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const shots = process.env.SCREENSHOTS;
mkdirSync(shots, { recursive: true });

/** What a hostile sender writes: markup, terminal codes, a text that changes direction, and much of it. */
const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=2</script>\u001b[31m\u202e"\'&lt;';
const CATALOGUE = join(shots, 'hostile.yaml');

let browser;
let simulator;
let page;
let outside;

before(async () => {
  // Chromium's own sandbox needs rights that a container's root lacks; every page here is our own.
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
});
after(() => browser.close());

beforeEach(async () => {
  simulator = await start();
  await open();
});
afterEach(async () => {
  await page.context().close();
  await simulator.stop();
});

async function open({ width = 1440, height = 900, colorScheme = 'light', locale = 'en-US', url = simulator.url } = {}) {
  if (page && !page.isClosed()) await page.context().close();
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale, permissions: ['clipboard-read', 'clipboard-write'] });
  page = await context.newPage();
  outside = [];
  page.on('request', (request) => { if (new URL(request.url()).origin !== new URL(url).origin) outside.push(request.url()); });
  page.on('pageerror', (error) => outside.push(`error: ${error.message}`));
  page.on('console', (line) => { if (line.type() === 'error' && !line.text().includes('401')) outside.push(`console: ${line.text()}`); });
  await page.goto(url);
  await page.locator('#status[data-state=live]').waitFor();
}

const rows = () => page.getByRole('option');
const row = (text) => page.getByRole('option').filter({ hasText: text });

async function isAccessible(what) {
  if (!await page.evaluate(() => 'axe' in window)) {
    // Through the debugger, because the page's policy forbids scripts of others.
    const { readFileSync } = await import('node:fs');
    await page.evaluate(readFileSync(axe, 'utf8'));
  }
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`);
  assert.deepEqual(found, [], what);
}

/** Nothing reaches over the page's side, and no text is cut that does not say so by an ellipsis. */
async function fits(what) {
  const over = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > innerWidth ? ['the page'] : [];
    const cut = [...document.querySelectorAll('button, h1, h2, h3, dt, dd, label, li, option')].filter((element) => element.checkVisibility()
      && (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline' || element.getBoundingClientRect().right > innerWidth + 1));
    return [...wide, ...cut.map((element) => `${element.tagName} ${element.textContent.slice(0, 40)}`)];
  });
  assert.deepEqual(over, [], what);
}

/** Starts anew with a small catalogue, whose key has these properties more. */
async function withKey(properties) {
  const file = join(shots, 'key.yaml');
  writeFileSync(file, `accounts:
  - name: example
    credentials: [{secret_id: AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE, secret_key: Gu5t9xGARNpq86cd98joQYCN3EXAMPLE, ${properties}}]
    apps: [{id: 1400006666}]
`);
  await simulator.stop();
  simulator = await start('--catalogue', file);
  await open();
}

test('message appears as it arrives, and its code is copied', async () => {
  await page.getByText('No messages yet').waitFor();
  assert.equal((await send(simulator.url)).SendStatusSet[0].Code, 'Ok');
  await row('+8613800138000').click();
  assert.equal(await page.locator('#code').textContent(), '123456');
  assert.match(await page.locator('.bubble').textContent(), /^【腾讯云】.*123456/);
  await page.getByText('The signature is right').waitFor();
  await page.getByRole('button', { name: 'Copy code' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '123456');
  assert.deepEqual(outside, []);
});

/** Screen readers follow the document; rows that arrive while the list is open come first in both. */
test('rows stand in the document as they stand on the page', async () => {
  const [first, second] = ['+8613800138021', '+8613800138022'];
  for (const to of [first, second]) {
    await send(simulator.url, { PhoneNumberSet: [to] });
    await row(to).waitFor();
  }
  const numbers = await rows().evaluateAll((all) => all.map((element) => element.textContent.match(/\+\d{13}/)[0]));
  assert.deepEqual(numbers, [second, first]);
});

test('refused request says why', async () => {
  await send(simulator.url, {}, 'anotherSecretKey00000000EXAMPLE');
  await send(simulator.url, { TemplateParamSet: ['12', '34'] });
  await page.getByRole('tab', { name: /Requests/ }).click();
  await row('AuthFailure.SignatureFailure').click();
  await page.getByRole('heading', { name: 'Why' }).waitFor();
  await page.getByText('The signature or its key was refused').waitFor();
  await page.getByRole('heading', { name: 'Canonical request' }).waitFor();
  await row('TemplateParamSetNotMatchApprovedTemplate').click();
  assert.ok((await page.locator('.why li').allTextContents()).join().length > 20);
  assert.equal(await page.getByRole('tab', { name: /Messages/ }).locator('output').textContent(), '0');
});

/** What passes here for leniency alone is not said to be right. */
test('overlooked signature is said to be wrong', async () => {
  await simulator.stop();
  simulator = await start('--lenient');
  await open();
  await send(simulator.url, {}, 'anotherSecretKey00000000EXAMPLE');
  await row('+8613800138000').click();
  await page.getByText('the service would refuse it').waitFor();
  assert.equal(await page.getByText('The signature is right').count(), 0);
});

test('key without permission has signed rightly', async () => {
  await withKey('allow: [sms:DescribeSmsSignList]');
  await send(simulator.url);
  await page.getByRole('tab', { name: /Requests/ }).click();
  await row('AuthFailure.UnauthorizedOperation').click();
  await page.getByText('The signature is right').waitFor();
});

/** On a clock that stands still, and in a request that was refused in part. */
test('message is shown with its own request and verdict', async () => {
  await simulator.stop();
  simulator = await start('--frozen-clock', '1796000000');
  await open();
  await send(simulator.url, { TemplateParamSet: ['111111'] });
  await send(simulator.url, { TemplateParamSet: ['222222'] });
  await send(simulator.url, { PhoneNumberSet: ['+8615900008000', 'bad'], TemplateParamSet: ['333333'] });
  for (const [code, request] of [['111111', 1], ['222222', 2], ['333333', 3]]) {
    await row(code).click();
    await page.getByRole('button', { name: `Show request #${request}` }).waitFor();
    await page.getByText('were accepted').waitFor();
    assert.equal(await page.locator('#detail .wrong').count(), 0, code);
  }
  await page.getByRole('button', { name: 'Show request #3' }).click();
  await page.getByText('Refused with InvalidParameterValue.IncorrectPhoneNumber').waitFor();
});

test('account is shown as a config that sends', async () => {
  await page.getByRole('tab', { name: /Tools/ }).click();
  await page.locator('#account pre').waitFor();
  const config = JSON.parse(await page.locator('#account pre').textContent());
  assert.equal(config.endpoint, new URL(page.url()).origin);
  assert.deepEqual(config.templates.map((template) => template.usageType), ['SignIn', 'Register', 'ForgotPassword', 'Generic']);
  assert.equal(config.sdkAppId, '1400006666');
});

test('wrong token is said to be wrong, and the right one opens all', async () => {
  const token = 'sixteen-chars-ok';
  await simulator.stop();
  simulator = await start('--control-token', token);
  await page.goto(simulator.url);
  await page.locator('#status[data-state=token]').waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  for (const wrong of ['sixteen-chars-no', '令牌']) {
    await page.getByLabel('Token').fill(wrong);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('alert').filter({ hasText: 'not accepted' }).waitFor();
  }
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.locator('#status[data-state=live]').waitFor();
  await page.getByRole('tab', { name: /Tools/ }).click();
  await page.locator('#account pre').waitFor();
});

test('fault and clock are set by click', async () => {
  await page.getByRole('tab', { name: /Tools/ }).click();
  await page.locator('#fault-kind').selectOption('accept-then-close');
  await page.getByRole('button', { name: 'Add fault' }).click();
  await page.locator('#fault-list li').filter({ hasText: '1 × processed, then closed' }).waitFor();
  assert.deepEqual(await send(simulator.url), {});
  await page.locator('#fault-list li').waitFor({ state: 'detached' });
  // The message went out all the same, and the next one to the number is too early until the clock moves.
  assert.equal((await send(simulator.url)).SendStatusSet[0].Code, 'LimitExceeded.PhoneNumberThirtySecondLimit');
  await page.getByRole('button', { name: '+31 s' }).click();
  await page.waitForFunction(() => document.getElementById('said').textContent !== '');
  assert.equal((await send(simulator.url)).SendStatusSet[0].Code, 'Ok');
  await page.getByRole('button', { name: 'Stop the clock' }).click();
  await page.locator('#clock-now').filter({ hasText: 'stopped' }).waitFor();
  await page.locator('#fault-kind').selectOption('delay');
  await page.locator('#fault-value').fill('700000');
  await page.getByRole('button', { name: 'Add fault' }).click();
  await page.getByRole('alert').filter({ hasText: 'at most 600000' }).waitFor();
});

test('change of language keeps the faults that wait', async () => {
  const body = JSON.stringify({ fault: { kind: 'gzip' }, times: 2, action: 'PullSmsSendStatus' });
  await fetch(`${simulator.url}/_sim/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await page.getByRole('tab', { name: /Tools/ }).click();
  await page.locator('#fault-list li').waitFor();
  await page.getByRole('button', { name: '中文' }).click();
  assert.equal(await page.title(), '短信模拟器');
  assert.equal(await page.locator('#fault-list li').count(), 1);
  await page.getByRole('button', { name: 'English' }).click();
  assert.equal(await page.locator('#fault-list li').count(), 1);
});

test('copy button gets its label back after two clicks', async () => {
  await send(simulator.url);
  await row('+8613800138000').click();
  for (let click = 0; click < 2; click += 1) {
    await page.locator('#copy').click();
    await page.locator('#copy').filter({ hasText: 'Copied' }).waitFor();
  }
  await page.locator('#copy').filter({ hasText: 'Copy code' }).waitFor({ timeout: 10_000 });
});

test('reset elsewhere leaves the focus where it is', async () => {
  await send(simulator.url);
  await row('+8613800138000').click();
  await page.getByRole('searchbox').focus();
  await fetch(`${simulator.url}/_sim/reset`, { method: 'POST' });
  await page.getByText('No messages yet').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
});

test('panel has the name of its tab, and an empty search is announced', async () => {
  await page.getByRole('tabpanel', { name: /Messages/ }).waitFor();
  await page.getByRole('tab', { name: /Requests/ }).click();
  await page.getByRole('tabpanel', { name: /Requests/ }).waitFor();
  await page.getByRole('searchbox').fill('nothing like it');
  await page.getByRole('status').filter({ hasText: 'Nothing matches' }).waitFor();
});

test('thousands of messages stay quick, searchable and can be cleared', async () => {
  const numbers = (from) => Array.from({ length: 200 }, (_, index) => `+86138${String(from * 200 + index).padStart(8, '0')}`);
  for (let batch = 0; batch < 25; batch += 1) {
    const { SendStatusSet: statuses } = await send(simulator.url, { PhoneNumberSet: numbers(batch), TemplateParamSet: [String(100000 + batch)] });
    assert.equal(statuses.length, 200);
  }
  await page.waitForFunction(() => document.getElementById('message-count').textContent === '5000');
  assert.ok(await rows().count() < 60, 'only rows in sight are elements');
  // Scrolling from one end to the other draws within a few frames.
  const worst = await page.evaluate(async () => {
    const list = document.getElementById('list');
    let longest = 0;
    for (let step = 0; step <= 50; step += 1) {
      const begun = performance.now();
      list.scrollTop = list.scrollHeight * step / 50;
      list.dispatchEvent(new Event('scroll'));
      list.getBoundingClientRect();
      longest = Math.max(longest, performance.now() - begun);
      await new Promise(requestAnimationFrame);
    }
    return longest;
  });
  console.log(`5,000 messages: the slowest of 50 scroll steps took ${worst.toFixed(1)} ms`);
  assert.ok(worst < 200, `${worst} ms`);
  await page.getByRole('searchbox').fill('+8613800001234');
  await row('+8613800001234').waitFor();
  assert.equal(await rows().count(), 1);
  await page.getByRole('searchbox').fill('nothing like it');
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('searchbox').fill('');
  // A page that comes later has them all too, and one number's deletion reaches it.
  await open();
  await page.waitForFunction(() => document.getElementById('message-count').textContent === '5000');
  await fetch(`${simulator.url}/_sim/messages?to=%2B8613800001234`, { method: 'DELETE' });
  await page.waitForFunction(() => document.getElementById('message-count').textContent === '4999');
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByText('No messages yet').waitFor();
  assert.equal(await page.locator('#message-count').textContent(), '0');
  await send(simulator.url, { PhoneNumberSet: ['+8613900000000'] });
  await row('+8613900000000').waitFor();
});

test('what senders write is text', async () => {
  const long = 'x'.repeat(430);
  // YAML takes JSON's strings.
  writeFileSync(CATALOGUE, `accounts:
  - name: ${JSON.stringify(MARKUP)}
    credentials: [{secret_id: AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE, secret_key: Gu5t9xGARNpq86cd98joQYCN3EXAMPLE}]
    apps: [{id: 1400006666}]
    signatures: [{id: 1, name: ${JSON.stringify(MARKUP)}, status: approved, international: false}]
    templates: [{id: 1110000, name: a, route: both, kind: otp, status: approved, text: ${JSON.stringify(`${MARKUP} {1} ${'y'.repeat(300)}`)}}]
`);
  await simulator.stop();
  simulator = await start('--catalogue', CATALOGUE);
  await open();
  const answer = await send(simulator.url, { SignName: MARKUP, SessionContext: `${MARKUP}${long}`.slice(0, 400) });
  assert.equal(answer.SendStatusSet[0].Code, 'Ok', JSON.stringify(answer));
  await send(simulator.url, { SignName: MARKUP, TemplateParamSet: [MARKUP] });
  await row('+8613800138000').click();
  await page.locator('.bubble').filter({ hasText: '<script>' }).waitFor();
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.doesNotMatch(await page.locator('main').innerText(), /[\u001b\u202e]/);
  assert.equal(await page.title(), 'SMS simulator');
  await page.screenshot({ path: join(shots, 'hostile.png') });
  await fits('hostile');
  await page.getByRole('tab', { name: /Requests/ }).click();
  await rows().first().click();
  await page.setViewportSize({ width: 360, height: 740 });
  await fits('hostile at 360');
  assert.deepEqual(outside, []);
});

test('keyboard alone reaches everything', async () => {
  await send(simulator.url, { PhoneNumberSet: ['+8613800138001'] });
  await send(simulator.url, { PhoneNumberSet: ['+8613800138002'], TemplateParamSet: ['654321'] });
  await row('+8613800138001').waitFor();
  // A single letter or sign is no shortcut: people who speak to their computer would press it by accident.
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), '');
  await page.keyboard.press('Tab');
  await page.keyboard.type('00138');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-messages');
  await page.locator('#list').focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.locator('#code').textContent(), '654321');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.locator('#code').textContent(), '123456');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '123456');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#detail').isVisible(), false);
  await page.locator('#tab-messages').focus();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('heading', { name: 'Clock' }).waitFor();
});

test('looks right at both widths, light and dark, in both languages', async () => {
  for (const [index, code] of ['482913', '771204', '035518'].entries()) {
    await send(simulator.url, { PhoneNumberSet: [`+861380013800${index}`], TemplateParamSet: [code] });
  }
  await send(simulator.url, { PhoneNumberSet: ['+447700900123'], TemplateId: '1110002', TemplateParamSet: ['904417'] });
  await send(simulator.url, {}, 'anotherSecretKey00000000EXAMPLE');
  for (const [width, height] of [[1440, 900], [360, 740]]) {
    for (const colorScheme of ['light', 'dark']) {
      for (const locale of ['en-US', 'zh-CN']) {
        const name = `${width}-${colorScheme}-${locale}`;
        await open({ width, height, colorScheme, locale });
        await row('+8613800138000').waitFor();
        const look = async (what) => {
          await page.screenshot({ path: join(shots, `${name}-${what}.png`) });
          await fits(`${name} ${what}`);
          await isAccessible(`${name} ${what}`);
        };
        await look('list');
        await row('904417').click();
        await look('message');
        await page.keyboard.press('Escape');
        await page.locator('#tab-requests').click();
        await row('AuthFailure').click();
        await look('request');
        await page.keyboard.press('Escape');
        await page.locator('#tab-tools').click();
        await look('tools');
        assert.deepEqual(outside, [], name);
      }
    }
  }
});

test('token is asked for where there is one', async () => {
  await simulator.stop();
  simulator = await start('--control-token', 'sixteen-characters-or-more');
  const context = await browser.newContext();
  await page.context().close();
  page = await context.newPage();
  await page.goto(simulator.url);
  await page.getByLabel('Token').fill('not-the-right-token');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByLabel('Token').fill('sixteen-characters-or-more');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.locator('#status[data-state=live]').waitFor();
});

test('page comes back after the simulator does', async () => {
  const { port } = new URL(simulator.url);
  await simulator.stop();
  await page.locator('#status[data-state=waiting]').waitFor();
  simulator = await start('--listen', `127.0.0.1:${port}`);
  await page.locator('#status[data-state=live]').waitFor();
  await send(simulator.url);
  await row('+8613800138000').waitFor();
});
