// From an empty folder to a code on a phone, as a new operator goes: in both languages.

import { test } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser, logto, look, open, service, setUp, sight, simulator } from "./support.mjs";
import { find, moments, operator, person, relay, until } from "./people.mjs";

for (const locale of ["en-US", "zh-CN"]) {
  test(`operator reaches a saved connector and a flow in ${locale}`, { timeout: 300_000 }, async () => {
    const reports = await relay();
    const [host, sim, chromium] = await Promise.all([service(), simulator("--callback", reports.url), browser()]);
    try {
      const made = await journey(await open(chromium, host.origin, { locale }), host, sim, locale);
      await people(chromium, host, sim, reports, locale, made);
    } finally {
      await Promise.all([chromium.close(), host.stop(), sim.stop(), reports.stop()]);
    }
  });
}

async function journey(page, host, sim, locale) {
  const picture = (name) => look(page, `${locale}-${name}`);
  await page.goto(host.link);
  assert.equal(await page.locator("html").getAttribute("lang"), locale === "zh-CN" ? "zh-CN" : "en");
  await picture("set-up");
  await setUp(page, host);
  await picture("overview-first");

  // The package: a component and a guide. It is reviewed before anything of it runs.
  await page.locator(".steps a").first().click();
  const guide = join(host.folder, "en.md");
  writeFileSync(guide, "# Set up\n\n1. Open the [console](https://console.example.com).\n2. Copy **both** keys.\n");
  await page.locator("[name=files]").setInputFiles([process.env.CONNECTOR_WASM, guide]);
  await page.locator("form[enctype] button").click();
  await page.locator("[name=more]").fill(sim.url);
  await picture("review");
  await page.locator("[name=name]").fill("tencent-sms");
  // Without a signature it is installed on purpose or not at all.
  await page.locator("[value=install]").click();
  await page.locator(".alert.bad").waitFor();
  await page.locator("[name=name]").fill("tencent-sms");
  await page.locator("[name=unsigned]").check();
  await page.locator("[value=install]").click();
  await page.waitForURL("**/console/plugins");
  await picture("plugins");

  // A connector, by pasting what Logto has. One template has a typing error.
  await page.goto(`${host.origin}/console/t/default/connectors`);
  await page.locator(".choices a").click();
  await picture("editor-new");
  assert.equal(await page.locator("#summary .fine").count(), 0, "nobody checked an empty form");
  assert.match(await page.locator(".guide").innerText(), /Set up/);
  await page.locator("#name").fill("simulator");
  await page.locator("[value=as-json]").click();
  const config = { ...logto(), endpoint: sim.url, note: "undeclared" };
  config.templates[1].templateCode = "<template-code>";
  await page.locator("#json").fill(JSON.stringify({ connectorId: "tencent-short-message-service", config }));
  await page.locator("[value=as-form]").click();
  await page.locator("[name='v/accessKeyId']").waitFor();
  assert.equal(await page.locator("[name='v/signName']").inputValue(), "腾讯云");
  const code = page.locator("table[data-rows] tbody tr").nth(1).locator("[name$='/templateCode']");
  assert.equal(await code.inputValue(), "<template-code>");
  // The finding stands at its field, and goes while one types.
  const cell = page.locator("table[data-rows] tbody tr").nth(1);
  await cell.locator(".finding.error").waitFor();
  await picture("editor-findings");
  // `docs/images/console-connector.png`.
  await sight(cell, `${locale}-console-connector`);
  await page.locator("[value=save]").click();
  await cell.locator(".finding.error").waitFor();
  await code.fill("1110000");
  await page.locator("#summary .fine, #summary .warning").first().waitFor();
  await page.waitForFunction(() => !document.querySelector(".finding.error"));
  assert.equal(await page.locator(".finding.error").count(), 0);
  await page.locator("[name='v/sdkAppId']").fill("");
  await page.locator("#c-sdkAppId-f .error").waitFor();
  await page.locator("[name='v/sdkAppId']").fill("1400006666");
  await page.waitForFunction(() => !document.querySelector(".finding.error"));

  // Leaving asks.
  const asked = page.waitForEvent("dialog");
  await page.locator(".crumbs a").click({ noWaitAfter: true }).catch(() => {});
  await (await asked).dismiss();

  // A trial of what nobody saved.
  await page.locator("[name=to]").fill("+86 138 0013 8000");
  await page.locator("[value=preview]").click();
  await page.locator("#trial dl code").first().waitFor();
  assert.match(await page.locator("#trial").innerText(), /1110000[\s\S]*123456/);
  assert.equal((await sim.ask("/messages")).messages.length, 0);
  await page.locator("[value=send]").click();
  const shown = page.locator("#trial .code-sent");
  await shown.waitFor();
  await picture("trial");
  const { messages } = await sim.ask("/messages");
  assert.equal(messages.length, 1);
  assert.equal(await shown.innerText(), messages[0].params[0]);
  assert.ok(await page.locator("#trial .tag.accepted").isVisible());

  await page.locator("[value=save]").click();
  await page.waitForURL("**/connectors/c_*");
  await page.locator(".alert.good").waitFor();
  await picture("editor-saved");
  assert.equal(await page.locator("[name='v/accessKeySecret']").inputValue(), "");
  assert.ok(!(await page.content()).includes("Gu5t9x"), "a stored secret is not in the page");
  await page.locator("[value=as-json]").click();
  const json = JSON.parse(await page.locator("#json").inputValue());
  assert.equal(json.accessKeySecret ?? null, null);
  // The plugin does not declare it, so nobody can say that it is no secret.
  assert.equal(json.note, null);
  assert.equal(json.templates.length, 4);

  // A changed template keeps the secret; a changed address does not.
  await page.locator("[value=as-form]").click();
  await page.locator("[data-add]").click();
  const added = page.locator("table[data-rows] tbody tr").last();
  await added.locator("[name$='/usageType']").fill("BindMfa");
  await added.locator("[name$='/templateCode']").fill("1110000");
  await page.locator("[value=save]").click();
  await page.locator(".alert.good").waitFor();
  assert.equal(await page.locator("table[data-rows] tbody tr").count(), 5);
  await page.locator("[name='v/endpoint']").fill("http://127.0.0.1:9");
  await page.locator("#c-accessKeySecret-f .error").waitFor();
  await page.locator("[name='v/endpoint']").fill(sim.url);
  await page.waitForFunction(() => !document.querySelector(".finding.error"));
  await page.locator("[value=ask]").click();
  await page.locator("#trial .checks li").first().waitFor();

  // Where the provider reports deliveries, shown once.
  await page.locator("[value=report]").click();
  const path = await page.locator("#reports code.secret").innerText();
  assert.match(path, /^\/callbacks\/c_/);

  // The number of a trial is nothing to be saved: leaving does not ask.
  const saved = page.url().split("?")[0];
  await page.goto(saved);
  const asks = () => assert.fail("leaving asks although nothing was changed");
  page.on("dialog", asks);
  await page.locator("[name=to]").fill("+8613800138000");
  await page.goto(saved);
  page.off("dialog", asks);

  // Enabled for every usage. Until then the page says that nothing uses the connector.
  assert.equal(await page.locator("code.secret").count(), 0, "an address is shown once");
  await page.locator("main > .alert a[href$='/flows']").waitFor();
  await page.goto(`${host.origin}/console/t/default/flows`);
  await page.locator("[value=set]").click();
  await page.locator("td .tag.accepted").first().waitFor();
  await page.locator("[name=number]").fill("+8613800138000");
  await page.locator("button[value=ask]").click();
  await page.locator(".facts b").waitFor();
  await picture("flows");

  await page.goto(`${host.origin}/console/t/default/messages`);
  await picture("messages");
  await page.locator("tbody a").first().click();
  assert.equal(await page.locator(".timeline li").count(), 2);
  await picture("message");
  const serial = await page.locator(".facts dd").first().innerText();
  for (const [query, found] of [[serial, 1], ["+86 138 0013 8000", 1], ["+8613800138001", 0]]) {
    await page.goto(`${host.origin}/console/t/default/messages`);
    await page.locator("[name=query]").fill(query);
    await page.locator(".search button").click();
    await page.waitForURL("**/search");
    assert.equal(await page.locator("tbody tr td a").count(), found, query);
  }
  assert.ok(!(await page.content()).includes("13800138000"), "numbers are masked");

  await page.goto(`${host.origin}/console/t/default/keys`);
  await page.locator("form [name=name]").fill("back-end");
  await page.locator("[value=add]").click();
  const key = await page.locator("code.secret").innerText();
  assert.match(key, /^k_/);
  await webhook(page, host, sim, picture);
  for (const [name, path] of [
    ["overview", "/console/t/default/"],
    ["keys", "/console/t/default/keys"],
    ["limits", "/console/t/default/limits"],
    ["audit", "/console/t/default/audit"],
    ["users", "/console/users"],
    ["tenants", "/console/tenants"],
  ]) {
    await page.goto(host.origin + path);
    await picture(name);
  }

  // Chosen by hand, the other language comes and stays.
  const other = locale === "zh-CN" ? "en" : "zh-CN";
  await page.locator(`.languages [lang=${other}]`).click();
  assert.equal(await page.locator("html").getAttribute("lang"), other);
  assert.match(page.url(), /\/console\/tenants$/);
  page.fine();
  return { path, key };
}

/** A webhook is made and tried: a real message goes out only after the operator said so. */
async function webhook(page, host, sim, picture) {
  await page.goto(`${host.origin}/console/t/default/webhooks`);
  await page.locator(".grid [name=name]").fill("supabase");
  await page.locator("[value=add]").click();
  await picture("webhook-made");
  await page.goto(`${host.origin}/console/t/default/webhooks`);
  const before = (await sim.ask("/messages")).messages.length;
  await page.locator("#hook-supabase details summary").click();
  await page.locator("#hook-supabase [name=to]").fill("+86 138 0013 8030");
  await page.locator("[value=try]").click();
  const form = page.locator("#hook-supabase form", { has: page.locator("[name=sure]") });
  assert.equal(await form.evaluate((form) => form.checkValidity()), false, "nobody said that it may send");
  await page.locator("#hook-supabase [name=sure]").check();
  await page.locator("[value=try]").click();
  const code = await page.locator(".trial .code-sent").innerText();
  const { messages } = await sim.ask("/messages");
  assert.equal(messages.length, before + 1);
  assert.ok(messages.some((message) => message.params[0] === code));
  await page.locator(".calls .tag.accepted").waitFor();
  await picture("webhooks");
  await page.locator(".calls a").click();
  assert.deepEqual(await moments(page), ["sending", "accepted"]);
}

/** The service with the sample, by the key that was made: a person signs in, and the operator reads of it. */
async function people(chromium, first, sim, reports, locale, { path, key }) {
  await first.halt();
  const host = await service(first.folder, { key });
  reports.to(host.api + path);
  try {
    const number = await person(chromium, host, sim, locale);
    const page = await operator(chromium, host, locale);
    await find(page, host, number);
    await until(page, "delivered");
    const text = await page.locator(".timeline").innerText();
    assert.match(text, locale === "zh-CN" ? /来自回执回调/ : /by callback/);
    // The report may come before the code is typed or after.
    const [asked, answered, ...later] = await moments(page);
    assert.deepEqual([asked, answered, ...later.sort()], ["sending", "accepted", "delivered", "verified"]);
    await look(page, `${locale}-message-delivered`);
    await page.locator("a[href*='/verifications/v_']").click();
    assert.ok((await moments(page)).includes("verified"));
    await look(page, `${locale}-verification`);
    await page.goto(`${host.origin}/console/t/default/verifications`);
    assert.equal(await page.locator("tbody .tag.approved").count(), 3);
    await look(page, `${locale}-verifications`);
    page.fine();
  } finally {
    await host.stop();
  }
}
