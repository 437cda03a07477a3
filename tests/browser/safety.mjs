// What other sites, other tenants, ended sessions, two tabs and impatient people meet.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { request } from "node:http";
import { browser, command, look, open, reaches, service, setUp, signIn, simulator, logto, PASSWORD } from "./support.mjs";

let host, sim, chromium, page;

before(async () => {
  [host, sim, chromium] = await Promise.all([service(), simulator(), browser()]);
  page = await open(chromium, host.origin);
  await setUp(page, host);
  const run = (args, input) => command(host.folder, args, input);
  await run(["plugin", "add", process.env.CONNECTOR_WASM, "--name", "sms", "--unsigned", "--allow", sim.url]);
  await run(["tenant", "put", "--tenant", "other"]);
  const config = JSON.stringify({ ...logto(), endpoint: sim.url });
  for (const tenant of ["default", "other"]) {
    const { id } = await run(["connector", "put", "sim", "--tenant", tenant, "--plugin", "sms", "--config", "-"], config);
    await reaches(page, `${host.origin}/console/t/${tenant}/connectors/${id}`);
  }
});

after(() => Promise.all([chromium.close(), host.stop(), sim.stop()]));

const connector = async (tenant) => {
  const [found] = await command(host.folder, ["connector", "list", "--tenant", tenant]);
  return found.id;
};

test("another site can neither change nor read nor frame", { timeout: 60_000 }, async () => {
  const targets = [`${host.origin}/console/t/default/`, `${host.origin}/console/sign-in`, `${host.origin}/console/assets/console.js`];
  const evil = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<form method=post action="${targets[0]}"><input name=to value=stop><button>go</button></form>
      <iframe src="${targets[1]}"></iframe><script src="${targets[2]}" onerror="failed = true"></script>`);
  });
  await new Promise((resolve) => evil.listen(0, "127.0.0.1", resolve));
  const visitor = await page.context().newPage();
  const statuses = {};
  visitor.on("response", (answer) => (statuses[answer.url()] = answer.status()));
  await visitor.goto(`http://127.0.0.1:${evil.address().port}/`);
  const framed = await visitor.frames()[1].evaluate(() => document.body?.innerText ?? "").catch(() => "");
  assert.ok(!framed.includes("Sign in"), "the console is not framed");
  assert.equal(await visitor.evaluate(() => window.failed), true, "its script is not another site's to load");
  await Promise.all([visitor.waitForURL(targets[0]), visitor.locator("button").click()]);
  assert.equal(statuses[targets[0]], 403);
  await visitor.close();
  evil.close();
  await page.goto(targets[0]);
  assert.equal(await page.locator(".alert.bad").count(), 0, "nothing was stopped");
});

test("foreign host name is refused", { timeout: 30_000 }, async () => {
  const { hostname, port } = new URL(host.origin);
  const status = (name) =>
    new Promise((resolve) => {
      request({ hostname, port, path: "/console/sign-in", headers: { host: name } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).end();
    });
  assert.equal(await status(`evil.example:${port}`), 421);
  assert.equal(await status(`localhost:${port}`), 200);
});

test("user of one tenant finds nothing of another", { timeout: 60_000 }, async () => {
  const [own, foreign] = [await connector("other"), await connector("default")];
  await page.goto(`${host.origin}/console/users`);
  const form = page.locator("form", { has: page.locator("[value=add]") });
  await form.locator("[name=name]").fill("bob");
  await form.locator("[name=tenant]").selectOption("other");
  await form.locator("[name=role]").selectOption("admin");
  await form.locator("[name=password]").fill(PASSWORD);
  await form.locator("[name=again]").fill(PASSWORD);
  await form.locator("[value=add]").click();
  await page.getByRole("cell", { name: "bob", exact: true }).waitFor();
  const bob = await open(chromium, host.origin);
  await signIn(bob, host, "bob");
  await bob.waitForURL("**/console/t/other/");
  const status = async (path) => (await bob.goto(host.origin + path)).status();
  assert.equal(await status(`/console/t/other/connectors/${own}`), 200);
  for (const path of ["/console/t/default/", `/console/t/default/connectors/${foreign}`, `/console/t/other/connectors/${foreign}`]) {
    assert.equal(await status(path), 404, path);
  }
  for (const path of ["/console/plugins", "/console/users", "/console/tenants", "/console/audit"]) {
    assert.equal(await status(path), 403, path);
  }
  bob.fine();
});

test("ended session loses nothing that was typed", { timeout: 60_000 }, async () => {
  const id = await connector("default");
  const tab = await open(chromium, host.origin);
  await signIn(tab, host);
  await tab.goto(`${host.origin}/console/t/default/connectors/${id}`);
  const second = await tab.context().newPage();
  await second.goto(`${host.origin}/console/`);
  await second.locator("header form button").click();
  await second.waitForURL("**/sign-in");
  await tab.locator("[name='v/signName']").fill("腾讯");
  await tab.locator("#problem:not([hidden])").waitFor();
  assert.match(await tab.locator("#problem").innerText(), /session has ended/);
  assert.equal(await tab.locator("[name='v/signName']").inputValue(), "腾讯");
  await look(tab, "session-ended");
});

test("two tabs and reloading do no harm", { timeout: 60_000 }, async () => {
  const id = await connector("default");
  const address = `${host.origin}/console/t/default/connectors/${id}`;
  const second = await page.context().newPage();
  await Promise.all([page.goto(address), second.goto(address)]);
  await second.locator("[name='v/timeoutMs']").fill("5000");
  await second.locator("[value=save]").click();
  await second.locator(".alert.good").waitFor();
  await page.locator("[name='v/timeoutMs']").fill("6000");
  await page.locator("[value=save]").click();
  await page.locator("#problem:not([hidden])").waitFor();
  assert.equal(await page.locator("[name='v/timeoutMs']").inputValue(), "6000", "what was typed is still there");
  // Pressing again overwrites nothing either; the page has a link to what is stored.
  for (const action of ["save", "as-json", "save"]) {
    const posted = page.waitForResponse((answer) => answer.request().method() === "POST" && answer.status() === 409);
    await Promise.all([posted, page.locator(`[value=${action}]`).click()]);
    await page.waitForLoadState();
    await page.locator(`#problem a[href$="${id}"]`).waitFor();
  }
  await look(page, "conflict");
  await second.reload();
  assert.equal(await second.locator("[name='v/timeoutMs']").inputValue(), "5000");
  // Back to the list and forward again shows what is stored.
  await second.goto(`${host.origin}/console/t/default/connectors`);
  await second.goBack();
  assert.equal(await second.locator("[name='v/timeoutMs']").inputValue(), "5000");
  await second.close();
  page.on("dialog", (dialog) => dialog.accept());
  await page.goto(`${host.origin}/console/t/default/`);
  // Reloading the page that shows a new key must not make another one without asking; the browser asks.
  await page.goto(`${host.origin}/console/t/default/keys`);
  await page.locator("form [name=name]").fill("one");
  await page.locator("[value=add]").click();
  await page.locator("code.secret").waitFor();
  await page.goto(`${host.origin}/console/t/default/keys`);
  assert.equal(await page.locator("code.secret").count(), 0, "a key is shown once");
});

/** The fields of a page that programs find which read pages aloud, with their values. */
async function fields(page) {
  const debugging = await page.context().newCDPSession(page);
  const { nodes } = await debugging.send("Accessibility.getFullAXTree");
  await debugging.detach();
  const found = nodes.filter((node) => !node.ignored && ["textbox", "checkbox"].includes(node.role?.value));
  const isDisabled = (node) => node.properties.some(({ name, value }) => name === "disabled" && value.value);
  return found.map((node) => ({ name: node.name.value, value: node.value?.value, isDisabled: isDisabled(node) }));
}

test("viewer reads config and limits and changes nothing", { timeout: 60_000 }, async () => {
  await page.goto(`${host.origin}/console/users`);
  const form = page.locator("form", { has: page.locator("[value=add]") });
  await form.locator("[name=name]").fill("vic");
  await form.locator("[name=role]").selectOption("viewer");
  await form.locator("[name=password]").fill(PASSWORD);
  await form.locator("[name=again]").fill(PASSWORD);
  await form.locator("[value=add]").click();
  await page.getByRole("cell", { name: "vic", exact: true }).waitFor();
  const vic = await open(chromium, host.origin);
  await signIn(vic, host, "vic");
  await vic.waitForURL("**/console/**");
  const paths = { [`connectors/${await connector("default")}`]: "腾讯云", limits: undefined };
  for (const [path, value] of Object.entries(paths)) {
    await vic.goto(`${host.origin}/console/t/default/${path}`);
    const found = await fields(vic);
    assert.ok(found.length >= 4, `${path}: ${JSON.stringify(found)}`);
    assert.deepEqual(found.filter((field) => !field.isDisabled), [], path);
    if (value) assert.ok(found.some((field) => field.value === value), JSON.stringify(found));
    await look(vic, `viewer-${path.split("/")[0]}`);
  }
  vic.fine();
});

test("buttons say that an answer is awaited", { timeout: 60_000 }, async () => {
  const tab = await open(chromium, host.origin);
  await signIn(tab, host);
  await tab.waitForURL("**/console/**");
  await tab.goto(`${host.origin}/console/t/default/connectors/${await connector("default")}`);
  let go;
  const held = new Promise((resolve) => (go = resolve));
  await tab.route("**/connectors/*", async (route) => {
    if (route.request().postData()?.includes("do=preview")) await held;
    await route.continue();
  });
  await tab.locator("[name=to]").fill("+8613800138000");
  await tab.locator("[value=preview]").click();
  const save = tab.locator("[value=save]");
  await tab.locator("#trial", { hasText: "Waiting for the answer" }).waitFor();
  assert.equal(await save.getAttribute("aria-disabled"), "true");
  await save.click({ force: true });
  go();
  await tab.locator("#trial dl").waitFor();
  assert.equal(await tab.locator("#trial", { hasText: "Waiting for the answer" }).count(), 0);
  assert.equal(await tab.locator("[aria-disabled=true]").count(), 0);
  await save.click();
  await tab.locator(".alert.good").waitFor();
  tab.fine();
});

test("console works without scripts", { timeout: 60_000 }, async () => {
  const plain = await open(chromium, host.origin, { javaScriptEnabled: false });
  await signIn(plain, host);
  await plain.goto(`${host.origin}/console/t/default/connectors/${await connector("default")}`);
  const rows = plain.locator("table[data-rows] tbody tr");
  const before = await rows.count();
  await plain.locator("[data-add]").click();
  assert.equal(await rows.count(), before + 1);
  await plain.locator("[data-remove]").last().click();
  assert.equal(await rows.count(), before);
  await plain.locator("[name='v/sdkAppId']").fill("");
  await plain.locator("[value=save]").click();
  await plain.locator("#c-sdkAppId-f .error").waitFor();
  await plain.locator("[name='v/sdkAppId']").fill("1400006666");
  await plain.locator("[value=as-json]").click();
  assert.equal(JSON.parse(await plain.locator("#json").inputValue()).sdkAppId, "1400006666");
  await plain.locator("[value=save]").click();
  await plain.locator(".alert.good").waitFor();
  plain.fine();
});

test("pages weigh at most 60 KB with everything", { timeout: 60_000 }, async () => {
  const { weight } = await import("./support.mjs");
  const paths = ["", "connectors", `connectors/${await connector("default")}`, "connector?plugin=sms", "flows", "messages", "limits", "keys", "audit"];
  const all = paths.map((path) => `/console/t/default/${path}`).concat(["/console/plugins", "/console/users", "/console/tenants", "/console/audit"]);
  for (const path of all) {
    const bytes = await weight(page, host.origin + path);
    console.log(`${bytes} bytes ${path.replace(/c_\w+/, "…")}`);
    assert.ok(bytes > 5_000 && bytes <= 60_000, `${path}: ${bytes}`);
  }
});
