// From an empty folder to a code on a phone, as a new operator goes: in both languages.

import { test } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser, logto, look, open, service, setUp, simulator } from "./support.mjs";

for (const locale of ["en-US", "zh-CN"]) {
  test(`operator reaches a saved connector and a flow in ${locale}`, { timeout: 180_000 }, async () => {
    const [host, sim, chromium] = await Promise.all([service(), simulator(), browser()]);
    try {
      await journey(await open(chromium, host.origin, { locale }), host, sim, locale);
    } finally {
      await Promise.all([chromium.close(), host.stop(), sim.stop()]);
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
  assert.match(await page.locator(".guide").innerText(), /Set up/);
  await page.locator("#name").fill("simulator");
  await page.locator("[value=as-json]").click();
  const config = { ...logto(), endpoint: sim.url, note: "kept" };
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
  let asked = 0;
  page.once("dialog", (dialog) => {
    asked += 1;
    return dialog.dismiss();
  });
  await page.locator(".crumbs a").click({ noWaitAfter: true }).catch(() => {});
  await page.waitForTimeout(300);
  assert.equal(asked, 1, "leaving with changes asks");

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
  assert.equal(json.note, "kept");
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

  // Enabled for every usage.
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
  assert.match(await page.locator("code.secret").innerText(), /^k_/);
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
}
