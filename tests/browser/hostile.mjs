// A plugin whose names and texts are markup, escape sequences and ten kilobytes long.

import { test } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser, command, look, open, service, setUp, weight } from "./support.mjs";
import { Person } from "./people.mjs";

const EVIL = "<img src=x onerror=alert(1)><script>alert(1)</script>\u001b[2J";

/** Nothing that the plugin wrote became an element, and nothing of it may drive a terminal or turn text around. */
async function isText(page, place) {
  const found = await page.evaluate(() => ({
    pictures: document.querySelectorAll("main img, main style, main iframe, body script").length,
    handlers: [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on"))).length,
    shown: document.body.innerText,
  }));
  assert.deepEqual([found.pictures, found.handlers], [0, 0], place);
  assert.ok(!/[\u001b\u202e]/.test(found.shown), `${place} shows control characters`);
}

for (const locale of ["en-US", "zh-CN"]) {
  test(`texts of a hostile plugin stay text and short in ${locale}`, { timeout: 240_000 }, () => hostile(locale));
}

async function hostile(locale) {
  const [host, chromium] = await Promise.all([service(), browser()]);
  const picture = (page, name) => look(page, `${locale}-hostile-${name}`);
  let second;
  try {
    const page = await open(chromium, host.origin, { locale });
    page.on("dialog", () => assert.fail("a dialog was opened"));
    await setUp(page, host);
    const guide = join(host.folder, "en.md");
    writeFileSync(guide, `# ${EVIL}\n\n${EVIL}\n\n[x](javascript:alert(1)) ![x](https://evil.example/x.png)\n\n${"y".repeat(60_000)}`);
    await page.goto(`${host.origin}/console/plugins`);
    await page.locator("[name=files]").setInputFiles([process.env.HOSTILE_WASM, guide]);
    await page.locator("form[enctype] button").click();
    await isText(page, "review");
    await picture(page, "review");
    await page.locator("[name=unsigned]").check();
    await page.locator("[value=install]").click();
    await page.waitForURL("**/console/plugins");
    await isText(page, "plugins");

    const address = `${host.origin}/console/t/default/connector?plugin=hostile`;
    const bytes = await weight(page, address);
    assert.ok(bytes <= 60_000, `the editor has ${bytes} bytes`);
    await isText(page, "editor");
    await picture(page, "editor");
    // Every type of item is there.
    for (const kind of ["Text", "Number", "MultilineText", "Select", "MultiSelect", "Json"]) {
      assert.ok((await page.locator(`[id="c-${kind}"]`).count()) === 1, kind);
    }
    assert.equal(await page.locator("[name='vSwitch'], [name='v/Switch']").count(), 1);

    await page.locator("#name").fill("evil");
    await page.locator("[name='v/attack']").fill("texts");
    await page.locator("#c-Text-f .warning").waitFor();
    assert.equal(await page.locator("#general .warning").count(), 2);
    await page.locator("[name=to]").fill("+8613800138000");
    await page.locator("[value=preview]").click();
    await page.locator("#trial .bad").waitFor();
    await isText(page, "findings");
    await picture(page, "findings");
    const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
    await page.locator("[value=send]").click();
    await answered;
    await page.locator("#trial .bad").waitFor();
    await isText(page, "trial");
    await page.locator("[value=save]").click();
    await page.locator(".alert.good").waitFor();
    await isText(page, "saved");
    // What it says of a message that a flow brought it stands in the timeline.
    await command(host.folder, ["tenant", "put", "--set", "default_country=CN"]);
    await command(host.folder, ["flow", "put", "evil"]);
    await command(host.folder, ["verification", "start", "+8613800138001"]).catch(() => {});
    await page.goto(`${host.origin}/console/t/default/messages`);
    await page.locator("table tbody a[href*='/messages/m_']").first().click();
    await page.locator(".timeline li.not_sent, .timeline li").nth(1).waitFor();
    await isText(page, "message");
    await picture(page, "message");
    for (const path of ["connectors", "flows", "messages", "audit"]) {
      await page.goto(`${host.origin}/console/t/default/${path}`);
      await isText(page, path);
    }
    // A plugin that never returns costs its own page some seconds and nothing else.
    await page.goto(address);
    await page.locator("#name").fill("slow");
    await page.locator("[name='v/attack']").fill("endless-loop");
    await page.locator("#problem:not([hidden])").waitFor();
    page.fine();
    // What a person reads in the sample is ours, whatever the plugin wrote.
    const { key } = await command(host.folder, ["key", "add", "sample", "--scope", "verify"]);
    await host.halt();
    second = await service(host.folder, { key });
    const me = new Person(await open(chromium, second.sample, { locale }), second.sample, `${locale}-hostile`);
    await me.ask("register", "+8613800138002");
    await me.page.getByRole("alert").or(me.page.locator("#code")).first().waitFor();
    await isText(me.page, "sample");
    assert.doesNotMatch(await me.page.locator("body").innerText(), /<img|alert\(1\)/);
    await me.looks("refused");
    me.page.fine();
  } finally {
    await Promise.all([chromium.close(), second?.stop(), host.stop()]);
  }
}

test("manifest that is markup is shown as text", { timeout: 60_000 }, async () => {
  const [host, chromium] = await Promise.all([service(), browser()]);
  try {
    const page = await open(chromium, host.origin);
    await setUp(page, host);
    const { createHash } = await import("node:crypto");
    const { readFileSync } = await import("node:fs");
    const component = readFileSync(process.env.CONNECTOR_WASM);
    const manifest = (origins) => JSON.stringify({
      format: 1, id: "evil", version: "1.0.0", contract: "auth:connector@0.1.0", origins, name: "<b>evil</b> & \"more\"",
      description: "<img src=x onerror=alert(1)>", license: "MIT", limits: { requests: 2 },
      component: { file: "a.wasm", sha256: createHash("sha256").update(component).digest("hex"), size: component.length },
    });
    const install = async (origins) => {
      const file = join(host.folder, "manifest.json");
      writeFileSync(file, manifest(origins));
      await page.goto(`${host.origin}/console/plugins`);
      await page.locator("[name=files]").setInputFiles([process.env.CONNECTOR_WASM, file]);
      await page.locator("form[enctype] button").click();
      await page.waitForURL("**/review/*");
    };
    await install(["https://sms.example.com"]);
    assert.match(await page.locator("h1").innerText(), /<b>evil<\/b> & "more"/);
    await isText(page, "review");
    await page.locator("[name=unsigned]").check();
    await page.locator("[value=install]").click();
    await page.waitForURL("**/console/plugins");
    // The update wants to reach another origin: the review says what changes, and grants it to nobody by itself.
    await install(["https://sms.example.com", "https://other.example.com"]);
    await page.getByText("wants to reach: https://other.example.com").waitFor();
    assert.equal(await page.locator("[value='https://other.example.com']").isChecked(), false);
    assert.equal(await page.locator("[value='https://sms.example.com']").isChecked(), true);
    await look(page, "review-update");
    // Less than it asks for: refused, unless it is granted.
    await page.locator("[name=unsigned]").check();
    await page.locator("[value=install]").click();
    await page.locator(".alert.bad").waitFor();
    page.fine();
  } finally {
    await Promise.all([chromium.close(), host.stop()]);
  }
});
