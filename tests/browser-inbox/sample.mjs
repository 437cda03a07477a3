/** The sample sign-in in a browser, with codes read in the inbox's page. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, test } from 'node:test';

import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = process.env.SCREENSHOTS;
mkdirSync(shots, { recursive: true });

let browser;
let service;
let sample;
let inbox;
let page;
let outside;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  service = spawn(process.env.AUTH_HOST_BIN, ['serve', '--dev', '--component', process.env.CONNECTOR_WASM,
    '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--sample', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: service.stdout });
  for await (const line of lines) {
    sample ??= line.match(/^sample sign-in at (\S+)/)?.[1];
    inbox ??= line.match(/codes arrive at (\S+)/)?.[1];
    if (sample && inbox) break;
  }
  assert.ok(sample && inbox, 'the service did not start');
});
after(async () => {
  await browser?.close();
  service?.kill();
});

beforeEach(() => open());

async function open({ width = 1440, height = 900, colorScheme = 'light', locale = 'en-US', javaScriptEnabled = true } = {}) {
  await page?.context().close();
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale, javaScriptEnabled });
  page = await context.newPage();
  outside = [];
  page.on('request', (request) => { const url = request.url(); if (new URL(url).origin !== sample && !url.startsWith('data:')) outside.push(url); });
  page.on('pageerror', (error) => outside.push(`error: ${error.message}`));
  page.on('console', (line) => { if (line.type() === 'error' && !line.text().includes('422')) outside.push(`console: ${line.text()}`); });
  await page.goto(sample);
}

/** The code that a person would read: from the inbox, in another tab. */
async function code(number) {
  const tab = await page.context().newPage();
  await tab.goto(inbox);
  await tab.getByRole('option').filter({ hasText: number }).first().click();
  const text = await tab.locator('#code').textContent();
  await tab.close();
  return text;
}

const press = (name) => page.getByRole('button', { name, exact: true }).click();
const follow = (name) => page.getByRole('link', { name, exact: true }).click();

async function country(words) {
  await page.locator('#choose').click();
  await page.getByRole('searchbox').fill(words);
  await page.keyboard.press('Enter');
}

async function isAccessible(what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`);
  assert.deepEqual(found, [], what);
}

async function fits(what) {
  const over = await page.evaluate(() => {
    const cut = [...document.querySelectorAll('button, a, h1, label, p')].filter((element) => element.checkVisibility()
      && (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline' || element.getBoundingClientRect().right > innerWidth + 1));
    return [...document.documentElement.scrollWidth > innerWidth ? ['the page'] : [], ...cut.map((element) => `${element.tagName} ${element.textContent}`)];
  });
  assert.deepEqual(over, [], what);
}

test('person registers, signs in by code and by password, and resets it', async () => {
  await follow('Create account');
  await country('united king');
  await page.getByLabel('Phone number').fill('07700 900201');
  await press('Send code');
  await page.getByText('on its way to +447700900201').waitFor();
  assert.equal(await page.locator('#code').getAttribute('autocomplete'), 'one-time-code');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'code');
  const resend = page.locator('#resend');
  assert.ok(await resend.isDisabled());
  assert.match(await resend.textContent(), /^Another code in \d+ s$/);
  await page.getByLabel('Code').fill('000000');
  await press('Continue');
  const wrong = page.getByRole('alert');
  assert.match(await wrong.textContent(), /not right/);
  await page.getByLabel('Code').fill(await code('+447700900201'));
  await press('Continue');
  await page.getByLabel('Password').fill('correct horse');
  await press('Continue');
  await page.getByRole('heading', { name: 'Signed in as +447700900201' }).waitFor();
  // Back shows no form that still works.
  await page.goBack();
  await page.reload();
  assert.equal(await page.getByLabel('Password').count() > 0 && page.url().endsWith('/password'), false);
  await page.goto(`${sample}/account`);
  await press('Sign out');
  await country('+44');
  await country('united king');
  await page.getByLabel('Phone number').fill('07700900201');
  await page.getByLabel('Password').fill('correct horse');
  await press('Sign in');
  await page.getByRole('heading', { name: 'Signed in as' }).waitFor();
  await press('Sign out');
  await fetch(`${inbox}/_sim/clock`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"advance_ms":31000}' });
  await follow('Forgot password');
  await page.getByLabel('Phone number').fill('+44 7700 900201');
  await press('Send code');
  await page.getByLabel('Code').fill(await code('+447700900201'));
  await press('Continue');
  await page.getByLabel('New password').fill('battery staple');
  await press('Continue');
  await page.getByText('Your password is changed.').waitFor();
  assert.deepEqual(outside, []);
});

test('two tabs and an ended session do no harm', async () => {
  await follow('Create account');
  const second = await page.context().newPage();
  await second.goto(`${sample}/register`);
  await page.context().clearCookies();
  await page.getByLabel('Phone number').fill('+447700900202');
  await press('Send code');
  await page.getByText('This page is too old.').waitFor();
  await second.close();
});

test('works without a script', async () => {
  await open({ javaScriptEnabled: false });
  await follow('Create account');
  await page.locator('#country').selectOption('GB');
  await page.getByLabel('Phone number').fill('07700 900203');
  await press('Send code');
  assert.ok(await page.locator('#resend').isEnabled());
  await press('Send another code');
  await page.getByText('Wait a moment').waitFor();
});

/** A phone's browser, by a stand-in: the real one needs Chromium on Android and a message. */
test('code comes by WebOTP where the browser has it', async () => {
  await page.addInitScript(() => {
    window.OTPCredential = class {};
    navigator.credentials.get = (asked) => new Promise((resolve) => {
      window.asked = asked;
      window.arrive = (code) => resolve({ code });
    });
  });
  await page.goto(`${sample}/register`);
  assert.equal(await page.evaluate(() => window.asked), undefined, 'only where a code is expected');
  await page.getByLabel('Phone number').fill('+447700900204');
  await press('Send code');
  await page.locator('#code').waitFor();
  assert.deepEqual(await page.evaluate(() => window.asked.otp), { transport: ['sms'] });
  const sent = await code('+447700900204');
  await page.evaluate((sent) => window.arrive(sent), sent);
  await page.getByLabel('Password').waitFor();
  assert.deepEqual(outside, []);
});

test('keyboard alone chooses a country', async () => {
  await follow('Create account');
  await page.locator('#choose').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('deutsch');
  await page.getByText('No country or region matches.').waitFor();
  await page.getByRole('searchbox').fill('');
  await page.keyboard.type('germ');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.match(await page.locator('#choose').textContent(), /^Germany \+49/);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'number');
  await page.locator('#choose').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('dialog').isVisible(), false);
});

test('looks right in six languages, at both widths, light and dark', async () => {
  let number = 300;
  for (const [index, locale] of ['en-US', 'zh-CN', 'zh-TW', 'pt-BR', 'de-DE', 'fr-FR'].entries()) {
    for (const [width, height] of [[1440, 900], [360, 740]]) {
      const colorScheme = (index + (width > 400 ? 0 : 1)) % 2 === 0 ? 'light' : 'dark';
      const name = `sample-${width}-${colorScheme}-${locale}`;
      await open({ width, height, colorScheme, locale });
      const look = async (what) => {
        await page.screenshot({ path: join(shots, `${name}-${what}.png`) });
        await fits(`${name} ${what}`);
        await isAccessible(`${name} ${what}`);
      };
      await look('sign-in');
      await page.goto(`${sample}/register`);
      await page.locator('#choose').click();
      await look('countries');
      await page.keyboard.press('Escape');
      await page.locator('#number').fill('12');
      await page.locator('main form button[type=submit]').first().click();
      await page.getByRole('alert').waitFor();
      await look('error');
      await page.locator('#number').fill(`+447700900${number}`);
      number += 1;
      await page.locator('main form button[type=submit]').first().click();
      await page.locator('#code').waitFor();
      await look('code');
      assert.deepEqual(outside, [], name);
    }
  }
});
