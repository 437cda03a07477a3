// A signed plugin from a catalogue and a registry: found, reviewed, installed and updated, in both languages; a forged one
// is refused.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { browser, look, open, service, setUp, weight } from "./support.mjs";
import { market } from "./market.mjs";

const ID = "tencent-short-message-service";

for (const locale of ["en-US", "zh-CN"]) {
  test(`signed plugin is installed from a catalogue in ${locale}`, { timeout: 240_000 }, async () => {
    const published = await market();
    const environment = {
      AUTH_HOST_CATALOGUES: published.catalogue,
      AUTH_HOST_REGISTRY_LOOPBACK_HTTP: "true",
    };
    const [host, chromium] = await Promise.all([service(undefined, { environment }), browser()]);
    try {
      await journey(await open(chromium, host.origin, { locale }), host, published, locale);
    } finally {
      await Promise.all([chromium.close(), host.stop()]);
      published.stop();
    }
  });
}

async function journey(page, host, published, locale) {
  const picture = (name) => look(page, `${locale}-market-${name}`);
  const tags = () => page.locator(".checks .tag").allInnerTexts();
  await setUp(page, host);
  await page.goto(`${host.origin}/console/plugins`);
  await picture("plugins-empty");

  // What is wrong stands at the field, and what was typed stays.
  await page.locator("form[action$='/pull'] [name=reference]").fill(published.reference(":9.9.9"));
  await page.locator("form[action$='/pull'] button").click();
  await page.locator("#wrong").waitFor();
  assert.equal(await page.locator("[aria-describedby=wrong]").inputValue(), published.reference(":9.9.9"));
  await picture("refused");

  // Found in the catalogue.
  await page.locator("form[role=search] [name=q]").fill("tencent");
  await page.locator("form[role=search] button").click();
  await page.locator("article").waitFor();
  const entry = await page.locator("article").innerText();
  for (const words of [published.key, "Acme", "Apache-2.0", "https://sms.tencentcloudapi.com", ID, "wasi:http", "MIT"]) {
    assert.ok(entry.includes(words), `${words}: ${entry}`);
  }
  await picture("catalogue");
  const bytes = await weight(page, page.url());
  assert.ok(bytes <= 60_000, `the catalogue has ${bytes} bytes`);

  // Reviewed: signed, but by whom is not known before the publisher's key is there.
  await page.locator("article button").click();
  await page.waitForURL("**/review/*");
  const body = () => page.locator("main").innerText();
  assert.ok((await body()).includes("@sha256:"));
  assert.equal(await page.locator(".tag.verified").count(), 1, `${await tags()}`);
  await picture("review");
  // Checking keys keeps the choices; a key that cannot be used keeps the other fields, and itself.
  const international = page.locator("[value='https://sms.intl.tencentcloudapi.com']");
  const memory = () => page.locator("[name='limit.memoryBytes']");
  await international.uncheck();
  await memory().fill("2097152");
  await page.locator("[name=provenance]").fill(published.provenance);
  await page.locator("[name=key]").fill("RWno");
  await page.locator("[value=check]").click();
  await page.locator(".alert.bad").waitFor();
  const kept = async () => {
    assert.equal(await international.isChecked(), false);
    assert.equal(await memory().inputValue(), "2097152");
    assert.equal((await page.locator("[name=provenance]").inputValue()).trim(), published.provenance.trim());
  };
  await kept();
  assert.equal(await page.locator("[name=key]").inputValue(), "RWno");
  await page.locator("[name=key]").fill(published.key);
  await page.locator("[value=check]").click();
  await page.locator(".tag.verified").nth(3).waitFor();
  await kept();
  // Bytes, manifest, provenance, guides; the SBOM is signed by nobody.
  assert.equal(await page.locator(".tag.verified").count(), 4, `${await tags()}`);
  assert.ok((await body()).includes("package 0.1.0"), "the signer's comment is shown");
  await picture("review-checked");
  const size = await weight(page, page.url());
  assert.ok(size <= 60_000, `the review has ${size} bytes`);
  // The page was read again, with what the check kept.
  await international.check();
  // Memory is granted up to the host's own limit.
  await memory().fill("8388609");
  assert.ok(await memory().evaluate((field) => field.validity.rangeOverflow));
  await memory().fill("8388608");
  assert.ok(await memory().evaluate((field) => field.validity.valid));
  await memory().fill("4194304");
  await page.locator("[value=install]").click();
  await page.waitForURL("**/console/plugins");
  assert.match(await page.locator("article").innerText(), /memoryBytes 4194304/);
  assert.equal(await page.locator("img.logo").count(), 1);
  assert.ok(await page.locator("img.logo").evaluate((image) => image.complete && image.naturalWidth > 0));
  await picture("plugins");

  // The guide of the package stands beside the form, in the reader's language.
  await page.goto(`${host.origin}/console/t/default/connector?plugin=${ID}`);
  const guide = await page.locator(".guide").innerText();
  assert.match(guide, locale === "zh-CN" ? /腾讯云/ : /Tencent Cloud/);
  await picture("guide");

  // The catalogue has no newer one; then comes one that asks for more.
  await page.goto(`${host.origin}/console/plugins`);
  await page.locator("form[action$='/update'] > button").first().click();
  await page.locator(".alert.good").waitFor();
  published.publish("0.2.0", { origins: ["https://sms.example.com"] });
  await page.locator("article details summary").click();
  await page.locator("article details [name=reference]").fill(":0.2.0");
  await page.locator("article details button").click();
  await page.waitForURL("**/review/*");
  assert.ok((await body()).includes("0.1.0 → 0.2.0"));
  assert.equal(await page.locator("[value='https://sms.example.com']").isChecked(), false);
  assert.equal(await page.locator("[value='https://sms.tencentcloudapi.com']").isChecked(), true);
  assert.equal(await memory().inputValue(), "4194304", "an update keeps what was granted");
  await picture("update");
  await page.locator("[value='https://sms.example.com']").check();
  await page.locator("[value=install]").click();
  await page.waitForURL("**/console/plugins");
  assert.match(await page.locator("article").innerText(), /0\.2\.0/);

  // Older, though signed.
  await page.locator("article details summary").click();
  await page.locator("article details [name=reference]").fill(":0.1.0");
  await page.locator("article details button").click();
  await page.waitForURL("**/review/*");
  await page.locator("[name=version]").waitFor();
  await picture("older");
  await page.locator("[value=install]").click();
  await page.locator(".alert.bad[role=alert]").waitFor();

  // By somebody else's key: the signer is not the publisher, and it is not installed.
  published.publish("0.3.0", { by: "other" });
  await page.goto(`${host.origin}/console/plugins`);
  await page.locator("form[action$='/pull'] [name=reference]").fill(published.reference(":0.3.0"));
  await page.locator("form[action$='/pull'] button").click();
  await page.waitForURL("**/review/*");
  await picture("other-key");
  await page.locator("[value=install]").click();
  await page.locator(".alert.bad").waitFor();

  // Forged: the files of a signed package with another word in the manifest.
  const file = join(published.first, "manifest.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"requests": 16', '"requests": 9'));
  await page.goto(`${host.origin}/console/plugins`);
  const files = ["manifest.json", "manifest.json.minisig", "tencent_sms_connector.wasm", "guides/en.md"];
  await page.locator("[name=files]").setInputFiles(files.map((name) => join(published.first, name)));
  await page.locator("form[enctype] button").click();
  await page.locator(".alert.bad").waitFor();
  assert.match(await page.locator(".alert.bad").innerText(), locale === "zh-CN" ? /签名不符/ : /does not fit its signature/);
  assert.match(await page.locator("article").innerText(), /0\.2\.0/);
  await picture("forged");

  // The package of a folder by upload, with its signer named.
  const whole = published.pack("0.2.1");
  await page.locator("[name=files]").setInputFiles(files.map((name) => join(whole, name)));
  await page.locator("form[enctype] button").click();
  await page.waitForURL("**/review/*");
  assert.ok((await body()).includes("package 0.2.1"), "the signer's comment is shown");
  await picture("upload");
  page.fine();
}
