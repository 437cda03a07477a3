// Buttons that are pressed twice, answers that are lost, and sessions that end: nothing is sent twice, and nothing is lost.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { browser, command, english, logto, look, open, reaches, service, setUp, sight, signIn, simulator } from "./support.mjs";

let host, sim, chromium, page, address;

before(async () => {
  [host, sim, chromium] = await Promise.all([service(), simulator(), browser()]);
  page = await open(chromium, host.origin);
  await setUp(page, host);
  const run = (args, input) => command(host.folder, args, input);
  await run(["plugin", "add", process.env.CONNECTOR_WASM, "--name", "sms", "--unsigned", "--allow", sim.url]);
  const config = JSON.stringify({ ...logto(), endpoint: sim.url });
  const { id } = await run(["connector", "put", "sim", "--tenant", "default", "--plugin", "sms", "--config", "-"], config);
  address = `${host.origin}/console/t/default/connectors/${id}`;
  await reaches(page, address);
});

after(() => Promise.all([chromium.close(), host.stop(), sim.stop()]));

const sent = async () => (await sim.ask("/messages")).messages.length;

/** Opens the editor with a number to send to, of which each has its own limits. */
async function ready(tab, number) {
  await tab.goto(address);
  await tab.locator("[name=to]").fill(number);
}

test("impatient people send one message", { timeout: 60_000 }, async () => {
  const before = await sent();
  await ready(page, "+86 138 0013 8001");
  await page.locator("[value=send]").dblclick();
  await page.locator("#trial .code-sent").waitFor();
  assert.equal(await sent(), before + 1);
  await page.locator("[value=send]").focus();
  for (let nth = 0; nth < 3; nth += 1) await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
  assert.equal(await sent(), before + 2, "the second time somebody asked for it");
  page.fine();
  const plain = await open(chromium, host.origin, { javaScriptEnabled: false });
  await signIn(plain, host);
  await ready(plain, "+86 138 0013 8002");
  await plain.locator("[value=send]").dblclick();
  await plain.locator("#trial .alert, #trial .code-sent").first().waitFor();
  // The first press is still under way where the second one was answered.
  while ((await sent()) < before + 3) await plain.waitForTimeout(50);
  // Reloading sends the form again, and nothing else.
  await plain.reload();
  assert.match(await plain.locator("#trial").innerText(), /has already sent its message/);
  await sight(plain.locator("#trial"), "sent-before");
  assert.equal(await sent(), before + 3);
  await plain.locator("#trial .alert a").click();
  await plain.waitForURL("**/messages");
});

for (const locale of ["en-US", "zh-CN"]) {
  test(`lost answer is told in ${locale}, and the same form sends nothing more`, { timeout: 60_000 }, async () => {
    const before = await sent();
    const tab = await open(chromium, host.origin, { locale });
    await signIn(tab, host);
    await tab.waitForURL("**/t/default/");
    await ready(tab, locale === "en-US" ? "+86 138 0013 8003" : "+86 138 0013 8004");
    // The request arrives, and its answer does not.
    await tab.route(address, async (route) => {
      await route.fetch().catch(() => {});
      await route.abort();
    });
    await tab.locator("[value=send]").click();
    const told = tab.locator("#trial .alert.bad");
    await told.waitFor();
    assert.match(await told.innerText(), /a message may have been sent|短信可能已发送/);
    if (locale === "zh-CN") assert.deepEqual(await english(tab, "#trial"), []);
    assert.equal(await tab.locator("#summary").innerText(), "");
    await sight(told, `${locale}-lost-answer`);
    assert.equal(await sent(), before + 1);
    await tab.locator("[name='v/timeoutMs']").fill("5500");
    await tab.locator("#problem:not([hidden])").waitFor();
    assert.match(await tab.locator("#problem").innerText(), /did not answer|没有应答/);
    await tab.unroute(address);
    await tab.locator("[value=send]").click();
    await tab.locator("#trial .alert.bad a").waitFor();
    assert.equal(await sent(), before + 1, "the token of the form was used");
    await tab.locator("[value=send]").click();
    await tab.locator("#trial .code-sent").waitFor();
    assert.equal(await sent(), before + 2);
  });
}

test("form is sent after signing in again", { timeout: 60_000 }, async () => {
  const tab = await open(chromium, host.origin);
  await signIn(tab, host);
  await tab.waitForURL("**/t/default/");
  await ready(tab, "+86 138 0013 8005");
  await tab.locator("[name='v/timeoutMs']").fill("5500");
  const second = await tab.context().newPage();
  await second.goto(`${host.origin}/console/`);
  await second.locator("header form button").click();
  await second.waitForURL("**/sign-in");
  await tab.locator("[value=send]").click();
  const told = tab.locator("#trial .alert.bad");
  await told.waitFor();
  assert.equal(
    await told.innerText(),
    "Your session has ended. Sign in in another tab under the same name, then send the form again: nothing that you typed is lost.",
  );
  await sight(told, "session-ended-beside-the-button");
  await signIn(second, host);
  await second.waitForURL("**/t/default/");
  await tab.locator("[value=send]").click();
  await tab.locator("#trial .code-sent").waitFor();
  await tab.locator("[value=save]").click();
  await tab.locator(".alert.good").waitFor();
  assert.equal(await tab.locator("[name='v/timeoutMs']").inputValue(), "5500");
  tab.fine();
});

test("new key is made once, and a reload says so", { timeout: 60_000 }, async () => {
  const tab = await open(chromium, host.origin);
  tab.on("dialog", (dialog) => dialog.accept());
  await signIn(tab, host);
  await tab.waitForURL("**/t/default/");
  await tab.goto(`${host.origin}/console/t/default/keys`);
  await tab.locator("form [name=name]").fill("one");
  await tab.locator("[value=add]").dblclick();
  await tab.locator("code.secret").waitFor();
  await tab.reload();
  assert.match(await tab.locator(".alert.bad").innerText(), /This form was sent twice/);
  await look(tab, "key-reloaded");
  const keys = await command(host.folder, ["key", "list"]);
  assert.equal(keys.filter((key) => key.name === "one").length, 1);
});
