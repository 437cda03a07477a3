// A person in the sample sign-in, with codes read in the simulator's inbox, and what an operator reads of it afterwards.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { command, logto, look, open, service, signIn } from "./support.mjs";
import { PASSWORD } from "./support.mjs";

/** An address that passes delivery reports on, as a proxy in front of the service would, once it is told where. */
export async function relay() {
  let target;
  const server = createServer(async (request, answer) => {
    let body = "";
    for await (const part of request) body += part;
    const passed = target && (await fetch(target, { method: "POST", body, headers: { "content-type": "application/json" } }));
    answer.writeHead(passed?.status ?? 503, { "content-type": passed?.headers.get("content-type") ?? "text/plain" });
    answer.end(passed ? await passed.text() : "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}/reports`;
  return { url, to: (address) => (target = address), stop: () => server.close() };
}

/** The inbox: codes are read, the clock is moved and faults are set by click. */
export async function inbox(chromium, sim, options) {
  const page = await open(chromium, sim.url, options);
  await page.goto(sim.url);
  await page.locator("#status[data-state=live]").waitFor();
  const tab = (name) => page.locator(`#tab-${name}`).click();
  const read = {};
  return {
    page,
    /** The newest code of a number, which is another one than was read before: messages arrive by events. */
    code: async (number) => {
      await tab("messages");
      for (let nth = 0; nth < 100; nth += 1) {
        const row = page.getByRole("option").filter({ hasText: number }).first();
        await row.click();
        const code = await page.locator("#code").textContent();
        await page.keyboard.press("Escape");
        if (code !== read[number]) return (read[number] = code);
        await page.waitForTimeout(100);
      }
      assert.fail(`no new code to ${number}`);
    },
    /** Half a minute later: the provider sends a number one message in that time. */
    later: async () => {
      await tab("tools");
      // The clock on the page goes on by itself; the answer says that it was moved.
      const moved = page.waitForResponse((answer) => answer.url().endsWith("/_sim/clock") && answer.request().method() === "PUT");
      await page.getByRole("button", { name: /\+31/ }).click();
      assert.ok((await moved).ok());
    },
    fault: async (kind, value) => {
      await tab("tools");
      await page.locator("#fault-kind").selectOption(kind);
      if (value) await page.locator("#fault-value").fill(value);
      await page.locator("#fault-add").click();
      await page.locator("#fault-list li").waitFor();
    },
  };
}

/** A person: the steps of the sample, by what is the same in every language. */
export class Person {
  constructor(page, sample, name) {
    Object.assign(this, { page, sample, name });
  }

  async looks(what) {
    await look(this.page, `${this.name}-sample-${what}`);
  }

  /** Asks for a code at one of the pages. */
  async ask(path, number) {
    await this.page.goto(`${this.sample}/${path}`);
    await this.page.locator("#number").fill(number);
    const gone = this.page.waitForEvent("framenavigated");
    await this.page.locator("main form button[type=submit]").first().click();
    await gone;
  }

  /** Asks for a code that is sent. A refusal says why. */
  async send(path, number) {
    await this.ask(path, number);
    const refused = await this.page.getByRole("alert").allTextContents();
    assert.equal(new URL(this.page.url()).pathname, "/code", `${path}: ${refused}`);
  }

  async type(code) {
    await this.page.locator("#code").fill(code);
    await this.page.locator("main form button[type=submit]").first().click();
  }

  async choose(password) {
    await this.page.locator("#password").fill(password);
    await this.page.locator("main form button[type=submit]").first().click();
    await this.page.waitForURL("**/account");
  }

  async signOut() {
    await this.page.locator("form[action='/sign-out'] button").click();
    await this.page.waitForURL("**/sign-in");
  }
}

/** Registers, signs in by code and by password, and resets the password. */
export async function person(chromium, host, sim, locale) {
  const number = "+8613800138010";
  const box = await inbox(chromium, sim, { locale });
  const page = await open(chromium, host.sample, { locale });
  const me = new Person(page, host.sample, locale);
  await me.ask("register", "12");
  await page.getByRole("alert").waitFor();
  await me.looks("wrong-number");
  await me.send("register", number);
  await me.looks("code");
  await me.type("000000");
  await page.getByRole("alert").waitFor();
  await me.looks("wrong-code");
  await me.type(await box.code(number));
  await page.waitForURL("**/password");
  await me.looks("password");
  await me.choose("correct horse");
  await me.looks("account");
  // Back and reload show nothing that still works.
  await page.goBack();
  await page.reload();
  assert.equal(await page.locator("#password[autocomplete=new-password]").count(), 0);
  await page.goto(`${host.sample}/account`);
  await me.signOut();
  await box.later();
  await me.send("sign-in-code", number);
  await me.type(await box.code(number));
  await page.waitForURL("**/account");
  await me.signOut();
  await box.later();
  await me.send("forgot-password", number);
  await me.type(await box.code(number));
  await page.waitForURL("**/password");
  await me.choose("battery staple");
  await me.signOut();
  await page.locator("#number").fill(number);
  await page.locator("#password").fill("battery staple");
  await page.locator("main form button[type=submit]").first().click();
  await page.waitForURL("**/account");
  await look(box.page, `${locale}-inbox`);
  page.fine();
  box.page.fine();
  await Promise.all([page.context().close(), box.page.context().close()]);
  return number;
}

/** The moments of the page that is open: what each is about. */
export const moments = (page) =>
  page.locator(".timeline li").evaluateAll((items) => items.map((item) => item.className));

/** Reloads a page of the console until its timeline has a moment. */
export async function until(page, moment) {
  for (let nth = 0; nth < 60; nth += 1) {
    if ((await moments(page)).includes(moment)) return;
    await page.waitForTimeout(500);
    await page.reload();
  }
  assert.fail(`no ${moment} in ${await moments(page)}`);
}

/** The newest message to a number, found by searching for it as an operator does. */
export async function find(page, host, number) {
  await page.goto(`${host.origin}/console/t/default/messages`);
  await page.locator("[name=query]").fill(number);
  await page.locator(".search button").click();
  await page.waitForURL("**/search");
  await page.locator("table tbody a[href*='/messages/m_']").first().click();
}

/** An operator who is signed in, beside the person. */
export async function operator(chromium, host, locale) {
  const page = await open(chromium, host.origin, { locale });
  await signIn(page, host);
  await page.waitForURL("**/console/t/default/");
  return page;
}

/** A host with a connector for every usage, an administrator and the sample, without a click. */
export async function ready(sim) {
  const first = await service();
  const run = (args, input) => command(first.folder, args, input);
  const enter = async () => {
    const body = new URLSearchParams();
    const page = await fetch(first.link);
    const cookie = page.headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
    const token = (await page.text()).match(/name="token" value="(\w+)"/)[1];
    const link = new URL(first.link).searchParams.get("link");
    for (const [name, value] of Object.entries({ token, link, name: "ada", password: PASSWORD, again: PASSWORD })) body.set(name, value);
    const headers = { cookie, origin: first.origin, "sec-fetch-site": "same-origin" };
    const answer = await fetch(`${first.origin}/console/set-up`, { method: "POST", body, headers, redirect: "manual" });
    assert.equal(answer.status, 303);
  };
  await enter();
  await run(["tenant", "put", "--set", "default_country=CN"]);
  await run(["plugin", "add", process.env.CONNECTOR_WASM, "--name", "sms", "--unsigned", "--allow", sim.url]);
  const config = { ...logto(), endpoint: sim.url };
  await run(["connector", "put", "sim", "--plugin", "sms", "--config", "-"], JSON.stringify(config));
  await run(["flow", "put", "sim"]);
  const { key } = await run(["key", "add", "sample", "--scope", "verify"]);
  await first.halt();
  const second = await service(first.folder, { key });
  return { ...second, stop: () => second.stop().then(first.stop) };
}
