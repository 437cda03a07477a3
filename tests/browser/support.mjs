// Programs and pages: the auth host, the simulator, and a browser whose every request and complaint is gathered.

import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { readFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";

export const PASSWORD = "correct horse battery";
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const pictures = process.env.PICTURES_DIR ?? join(tmpdir(), "console-pictures");
mkdirSync(pictures, { recursive: true });

/** Programs that run. Those that a failed test leaves behind end with the tests. */
const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** Starts a program and waits for a line that it prints. */
function start(command, args, wanted, environment = {}) {
  const env = { ...process.env, ...environment };
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
  children.add(child);
  for (const part of [child, child.stdout, child.stderr]) part.unref();
  let text = "";
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${command} did not start: ${text}`));
    }, 60_000);
    const read = (bytes) => {
      text += bytes;
      const found = text.match(wanted);
      if (found) {
        clearTimeout(late);
        resolve({ child, found, output: () => text });
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`${command} ended with ${code}: ${text}`)));
  });
}

/** Runs a command of the auth host on a folder and reads its JSON. */
export function command(folder, args, input = "") {
  return new Promise((resolve, reject) => {
    const child = spawn(process.env.AUTH_HOST_BIN, [...args, "--json", "--data", folder]);
    let out = "";
    let err = "";
    child.stdout.on("data", (bytes) => (out += bytes));
    child.stderr.on("data", (bytes) => (err += bytes));
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`${args}: ${err}`))));
    // A command that reads nothing may have ended by now.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

/** Starts the simulator, whose inbox is at its address; `args` as its command line takes them. */
export function simulator(...args) {
  return start(process.env.SIMULATOR_BIN, args, /^\{.*"url".*\}$/m).then(({ child, found }) => {
    const { url, control, control_token: token } = JSON.parse(found[0]);
    const ask = async (path, options = {}) => {
      const answer = await fetch(control + path, { ...options, headers: { authorization: `Bearer ${token}` } });
      assert.ok(answer.ok, `${path}: ${answer.status}`);
      return answer.json();
    };
    return { url, ask, stop: () => stop(child) };
  });
}

/** A folder for a service, which finds there the code that `run.sh` compiled: compiling takes seconds of every test. */
function emptyFolder() {
  const folder = mkdtempSync(join(tmpdir(), "auth-host-console-"));
  symlinkSync(process.env.COMPILED_DIR, join(folder, "cache"));
  return folder;
}

/** Starts the service on an empty folder, or on one that is given; with a key, the sample sign-in as well. */
export async function service(given, { key, environment = {} } = {}) {
  const folder = given ?? emptyFolder();
  const args = ["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", folder];
  // It is the last line.
  const wanted = /console at (http:\/\/[^/\s]+)(\/\S*)/;
  if (key) args.push("--sample", "127.0.0.1:0");
  const variables = key ? { ...environment, AUTH_HOST_SAMPLE_KEY: key } : environment;
  const { child, found, output } = await start(process.env.AUTH_HOST_BIN, args, wanted, variables);
  const printed = (line) => output().match(line)?.[1];
  return {
    folder,
    origin: found[1],
    link: found[1] + found[2],
    sample: printed(/^sample sign-in at (\S+)$/m),
    api: `http://${printed(/^auth-host listens at (\S+)$/m)}`,
    pid: child.pid,
    /** Ends the program; the folder stays for another one. */
    halt: () => stop(child),
    stop: async () => {
      await stop(child);
      if (!given) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function stop(child) {
  children.delete(child);
  child.ref();
  child.removeAllListeners("exit");
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on("exit", resolve);
    child.kill("SIGKILL");
  });
}

/** Waits until the service has taken over what another program changed, for which it looks twice a second. */
export async function reaches(page, url) {
  for (let nth = 0; nth < 100; nth += 1) {
    const answer = await page.request.get(url);
    if (answer.ok()) return;
    await page.waitForTimeout(100);
  }
  assert.fail(`the service does not know ${url}`);
}

export const browser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

/** A page that tells of every request that leaves the origin, every error, and everything that the policy refused. */
export async function open(browser, origin, options = {}) {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) complaints.push(`request to ${url}`);
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("console", (message) => {
    // A refusal that the test asked for is a status of its own.
    const isStatus = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isStatus) complaints.push(`console: ${message.text()}`);
  });
  page.setDefaultTimeout(15_000);
  return Object.assign(page, { complaints, fine: () => assert.deepEqual(complaints, []) });
}

/** Opens the set-up link and makes the first administrator. */
export async function setUp(page, host) {
  await page.goto(host.link);
  await page.locator("[name=name]").fill("ada");
  await page.locator("[name=password]").fill(PASSWORD);
  await page.locator("[name=again]").fill(PASSWORD);
  await page.locator("button.primary").click();
  await page.waitForURL("**/console/t/default/");
}

export async function signIn(page, host, name = "ada", password = PASSWORD) {
  await page.goto(`${host.origin}/console/sign-in`);
  await page.locator("[name=name]").fill(name);
  await page.locator("[name=password]").fill(password);
  await page.locator("button.primary").click();
}

/** Widths and schemes in which a page is looked at. */
const LOOKS = [
  [360, "light"],
  [360, "dark"],
  [1440, "light"],
  [1440, "dark"],
];

/** Looks at a page as it is: nothing is cut off, axe finds nothing; a picture is kept. */
export async function look(page, name) {
  const before = page.viewportSize();
  const isDark = await page.evaluate(() => window.matchMedia("(prefers-color-scheme: dark)").matches);
  for (const [width, colorScheme] of LOOKS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    const cut = await page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      const found = [];
      if (document.documentElement.scrollWidth > width) found.push(`page: ${document.documentElement.scrollWidth}`);
      for (const element of document.querySelectorAll("main *")) {
        const style = getComputedStyle(element);
        // A line of a list that ends with an ellipsis says so itself, and is whole where it is opened.
        const hides = style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1;
        const isUnseen = element.classList.contains("unseen");
        if (hides && !isUnseen) found.push(element.outerHTML.slice(0, 80));
      }
      return found;
    });
    assert.deepEqual(cut, [], `${name} at ${width}: cut off`);
    // The policy lets no script in but the console's own, so axe comes by the debugger.
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    const told = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).slice(0, 3).join(" | ")}`);
    assert.deepEqual(told, [], `${name} at ${width} ${colorScheme}`);
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: isDark ? "dark" : "light" });
}

/**
 * What a Chinese page says in English sentences: three words in a row, outside of what is marked as the words of others,
 * of names and of code.
 */
export const english = (page, place = "main") =>
  page.locator(place).first().evaluate((root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (parent.closest("code, pre, textarea, script, [lang=en], .guide, [hidden]")) continue;
      const text = walker.currentNode.data.replace(/原文(（[^）]*）)?：[^）]*/g, "").replace(/`[^`]*`|“[^”]*”/g, "");
      if (/[A-Za-z]{2,}[,:;]? [A-Za-z]+[,:;]? [A-Za-z]{2,}/.test(text)) found.push(text.trim().slice(0, 160));
    }
    return found;
  });

/** Keeps a picture of what is in sight, for the documents: an element and what is around it. */
export async function sight(element, name) {
  await element.evaluate((found) => found.scrollIntoView({ block: "center" }));
  await element.page().screenshot({ path: join(pictures, `${name}.png`) });
}

/** The size of a page with everything that it loads, in bytes. */
export async function weight(page, url) {
  const sizes = [];
  const count = async (response) => sizes.push(response.body().then((body) => body.length).catch(() => 0));
  page.on("response", count);
  await page.goto(url, { waitUntil: "networkidle" });
  page.off("response", count);
  return (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
}

/** What Logto stores for its Tencent connector, with the keys that Tencent's documentation publishes as examples. */
export const logto = (code = "1110000") => ({
  accessKeyId: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
  accessKeySecret: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
  signName: "腾讯云",
  sdkAppId: "1400006666",
  region: "ap-guangzhou",
  templates: ["SignIn", "Register", "ForgotPassword", "Generic"].map((usageType) => ({ usageType, templateCode: code })),
});
