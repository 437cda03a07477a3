// Faults of the provider that are clicked in the inbox: what a person reads in the sample, and what an operator reads and does.

import { test } from "node:test";
import assert from "node:assert/strict";
import { browser, english, look, simulator } from "./support.mjs";
import { Person, find, inbox, moments, operator, ready, until } from "./people.mjs";
import { open } from "./support.mjs";

const WORDS = {
  "en-US": {
    refused: /not sent\. Ask the people who run/, todo: /Open the connector and correct its configuration/, turn: /yours/,
    maybe: /may|might/i, unknown: /Nobody can tell/,
  },
  "zh-CN": {
    refused: /[\u4e00-\u9fff]/, todo: /请打开连接器，更正其配置/, turn: /您/,
    maybe: /可能/, unknown: /请不要自行重发/,
  },
};

for (const locale of ["en-US", "zh-CN"]) {
  test(`refusal and unknown outcome are told and settled in ${locale}`, { timeout: 240_000 }, async () => {
    const [sim, chromium] = await Promise.all([simulator(), browser()]);
    const host = await ready(sim);
    try {
      const box = await inbox(chromium, sim, { locale });
      const page = await open(chromium, host.sample, { locale });
      const me = new Person(page, host.sample, `${locale}-fault`);
      const console = await operator(chromium, host, locale);
      await refused(me, box, console, host, locale);
      await unknown(me, box, console, host, locale);
      await settled(me, box, console, host);
      page.fine();
      console.fine();
      box.page.fine();
    } finally {
      await Promise.all([chromium.close(), host.stop(), sim.stop()]);
    }
  });
}

/** The provider refuses: the person is told that it is the administrator's turn, the operator what to do. */
async function refused(me, box, page, host, locale) {
  const number = "+8613800138020";
  await box.fault("code", "FailedOperation.SignatureIncorrectOrUnapproved");
  await me.ask("register", number);
  const told = await me.page.getByRole("alert").innerText();
  assert.match(told, WORDS[locale].refused);
  assert.ok(!told.includes("FailedOperation"), told);
  await me.looks("refused");
  await find(page, host, number);
  assert.deepEqual(await moments(page), ["sending", "not_sent"]);
  const text = await page.locator("main").innerText();
  assert.match(text, WORDS[locale].todo);
  assert.match(text, WORDS[locale].turn);
  assert.match(text, /FailedOperation\.SignatureIncorrectOrUnapproved/);
  await look(page, `${locale}-message-refused`);
  // The same at the trial of a config: what to do in our words, and beside it the plugin's and the provider's as theirs.
  await box.fault("code", "FailedOperation.SignatureIncorrectOrUnapproved");
  await page.goto(`${host.origin}/console/t/default/connectors`);
  await page.locator("main a[href*='/connectors/c_']").first().click();
  await page.locator("[name=to]").fill("+8613800138023");
  await page.locator("button[value=send]").click();
  await page.locator("#trial .not_sent").waitFor();
  assert.match(await page.locator("#trial").innerText(), WORDS[locale].todo);
  if (locale === "zh-CN") assert.deepEqual(await english(page), []);
  await look(page, `${locale}-trial-refused`);
}

/** The answer is lost: the person goes on with the code that came, and the message is found by look-up. */
async function unknown(me, box, page, host, locale) {
  const number = "+8613800138021";
  await box.fault("accept-then-close");
  await me.ask("register", number);
  await me.page.waitForURL("**/code");
  assert.match(await me.page.getByRole("status").first().innerText(), WORDS[locale].maybe);
  await me.looks("maybe");
  await find(page, host, number);
  assert.ok((await moments(page)).includes("unknown"));
  assert.match(await page.locator("main").innerText(), WORDS[locale].unknown);
  await look(page, `${locale}-message-unknown`);
  await me.type(await box.code(number));
  await me.page.waitForURL("**/password");
  await me.choose("correct horse");
  await until(page, "delivered");
  assert.deepEqual((await moments(page)).slice(0, 2), ["sending", "unknown"]);
  await look(page, `${locale}-message-looked-up`);
  await me.signOut();
}

/** No record is found either: the operator says what happened, once, and a second tab says it too late. */
async function settled(me, box, page, host) {
  const number = "+8613800138022";
  await box.fault("hang-before-reading");
  await me.ask("register", number);
  await me.page.waitForLoadState();
  await find(page, host, number);
  const states = await moments(page);
  assert.ok(states.includes("unknown"), states.join());
  const second = await page.context().newPage();
  await second.goto(page.url());
  await page.locator("[value=arrived]").click();
  await page.locator(".tag.delivered").first().waitFor();
  assert.ok((await moments(page)).includes("delivered"));
  await second.locator("[value=lost]").click();
  await second.goto(page.url());
  assert.ok(!(await moments(second)).includes("undelivered"), "it was settled");
  await second.close();
}
