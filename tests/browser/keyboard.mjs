// The way to a saved connector and an enabled flow with the keyboard alone.

import { test } from "node:test";
import assert from "node:assert/strict";
import { browser, command, logto, look, open, reaches, service, simulator, PASSWORD } from "./support.mjs";
import { ready } from "./people.mjs";

/** Presses Tab until the focus is where a test wants it, as somebody without a mouse does. */
async function tabTo(page, selector) {
  for (let nth = 0; nth < 120; nth += 1) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate((selector) => {
      const element = document.activeElement;
      const shown = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      return element.matches(selector) && { isSeen: shown.width > 1, outline: style.outlineStyle };
    }, selector);
    if (here) {
      assert.ok(here.isSeen, `${selector} has the focus and is not to be seen`);
      assert.notEqual(here.outline, "none", `${selector} does not show that it has the focus`);
      return;
    }
  }
  assert.fail(`Tab never reaches ${selector}`);
}

/** Types into the field that has the focus from the start. A browser gives it there after the page has loaded. */
async function typeAtOnce(page, selector, text) {
  await page.locator(`${selector}:focus`).waitFor();
  await page.keyboard.insertText(text);
}

/** The browsers of people without a mouse. */
const BROWSERS = [
  { locale: "en-US", width: 1440, colorScheme: "light" },
  { locale: "en-US", width: 360, colorScheme: "dark" },
  { locale: "zh-CN", width: 1440, colorScheme: "dark" },
  { locale: "zh-CN", width: 360, colorScheme: "light" },
].map(({ locale, width, colorScheme }) => ({
  name: `${locale} ${width} ${colorScheme}`,
  picture: `keyboard-${locale}-${width}`,
  options: { locale, colorScheme, viewport: { width, height: 900 } },
}));

for (const { name, picture, options } of BROWSERS) {
  test(`keyboard alone reaches a connector and a flow: ${name}`, { timeout: 120_000 }, () => connector(picture, options));
  test(`keyboard alone sets a fault, registers and reads the timeline: ${name}`, { timeout: 120_000 }, () => timeline(picture, options));
}

async function connector(picture, options) {
  const [host, sim, chromium] = await Promise.all([service(), simulator(), browser()]);
  try {
    const page = await open(chromium, host.origin, options);
    const type = async (selector, text) => {
      await tabTo(page, selector);
      await page.keyboard.insertText(text);
    };
    const press = async (selector, key = "Enter") => {
      await tabTo(page, selector);
      await page.keyboard.press(key);
    };
    await page.goto(host.link);
    await typeAtOnce(page, "[name=name]", "ada");
    await type("[name=password]", PASSWORD);
    await type("[name=again]", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/t/default/");
    // A file is chosen in the system's own window, which no page has. The rest is the keyboard's.
    await command(host.folder, ["plugin", "add", process.env.CONNECTOR_WASM, "--name", "sms", "--unsigned", "--allow", sim.url]);
    await reaches(page, `${host.origin}/console/t/default/connector?plugin=sms`);
    await press(".skip");
    await press(".steps li:nth-child(2) a");
    await page.waitForURL("**/connectors");
    await press(".choices a");
    await page.waitForURL("**/connector?plugin=sms");
    await press("button[value=as-json]");
    await page.locator("#json").waitFor();
    await type("#name", "sim");
    await tabTo(page, "#json");
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(JSON.stringify({ ...logto(), endpoint: sim.url }));
    await page.locator("#summary .fine").waitFor();
    await type("[name=to]", "+8613800138000");
    await press("button[value=send]");
    await page.locator("#trial .accepted").waitFor();
    await look(page, `${picture}-trial`);
    await press("button[value=save]");
    await page.waitForURL("**/connectors/c_*");
    await press(".parts a[href$='/flows']");
    await page.waitForURL("**/flows");
    await press("button[value=set]");
    await page.locator("td .tag.accepted").first().waitFor();
    assert.equal(await page.locator("td .tag.accepted").count(), 9);
    page.fine();
  } finally {
    await Promise.all([chromium.close(), host.stop(), sim.stop()]);
  }
}

async function timeline(picture, options) {
  const [sim, chromium] = await Promise.all([simulator(), browser()]);
  const host = await ready(sim);
  try {
    const number = "+8613800138040";
    // The inbox: a fault in its tools.
    const box = await open(chromium, sim.url, options);
    await box.goto(sim.url);
    await box.locator("#status[data-state=live]").waitFor();
    await tabTo(box, "#tab-messages");
    await box.keyboard.press("ArrowLeft");
    await tabTo(box, "#fault-add");
    await box.keyboard.press("Enter");
    await box.locator("#fault-list li").waitFor();
    // The sample: refused once, then a code.
    const page = await open(chromium, host.sample, options);
    await page.goto(`${host.sample}/sign-in`);
    await tabTo(page, "a[href='/register']");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/register");
    await tabTo(page, "#number");
    await page.keyboard.insertText(number);
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await look(page, `${picture}-refused`);
    await tabTo(page, "#number");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/code");
    await tabTo(box, "[role=tab][aria-selected=true]");
    await box.keyboard.press("ArrowRight");
    await box.getByRole("option").filter({ hasText: number }).first().waitFor();
    await tabTo(box, "#list");
    await box.keyboard.press("ArrowDown");
    const code = await box.locator("#code").textContent();
    await typeAtOnce(page, "#code", code);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/password");
    await tabTo(page, "#password");
    await page.keyboard.insertText(PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/account");
    await tabTo(page, "form[action='/sign-out'] button");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/sign-in");
    // The console: both messages, and what was to be done about the first.
    const operator = await open(chromium, host.origin, options);
    await operator.goto(`${host.origin}/console/sign-in`);
    await typeAtOnce(operator, "[name=name]", "ada");
    await tabTo(operator, "[name=password]");
    await operator.keyboard.insertText(PASSWORD);
    await operator.keyboard.press("Enter");
    await operator.waitForURL("**/console/t/default/");
    await tabTo(operator, ".parts a[href$='/messages']");
    await operator.keyboard.press("Enter");
    await operator.waitForURL("**/messages");
    await tabTo(operator, "[name=query]");
    await operator.keyboard.insertText(number);
    await operator.keyboard.press("Enter");
    await operator.waitForURL("**/search");
    const states = await operator.locator("td .tag").evaluateAll((tags) => tags.map((tag) => tag.className));
    assert.ok(states.includes("tag not_sent") && states.includes("tag verified"), states.join());
    const failed = operator.locator("tr", { has: operator.locator(".not_sent") }).locator("a");
    const address = await failed.getAttribute("href");
    await tabTo(operator, `a[href="${address}"]`);
    await operator.keyboard.press("Enter");
    await operator.waitForURL("**/messages/m_*");
    const todo = /Nothing to repair: the person asks for another code later|无需修复：请用户稍后重新获取验证码/;
    assert.match(await operator.locator("main").innerText(), todo);
    await look(operator, `${picture}-timeline`);
    for (const each of [box, page, operator]) each.fine();
  } finally {
    await Promise.all([chromium.close(), host.stop(), sim.stop()]);
  }
}
