// What the Chinese console says of packages that it refuses, and of registries and catalogues that lie: in Chinese, but for
// names and for words that are marked as somebody else's.

import { test } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browser, english, look, open, service, setUp } from "./support.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const component = readFileSync(process.env.CONNECTOR_WASM);
const MANIFEST = {
  format: 1, id: "example-sms", version: "1.0.0", contract: "auth:connector@0.1.0", origins: ["https://sms.example.com"],
  component: { file: "a.wasm", sha256: sha256(component), size: component.length },
};

/** The page says why in Chinese and has no English sentence of ours. */
async function isChinese(page, what, says) {
  const alert = page.locator(".alert.bad, #wrong").first();
  await alert.waitFor();
  const text = await alert.innerText();
  assert.match(text, /[\u4e00-\u9fff]{2}/, `${what}: ${text}`);
  if (says) assert.match(text, says, what);
  assert.deepEqual(await english(page), [], `${what}: ${text}`);
}

test("refused packages are told in Chinese", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "auth-host-refusals-"));
  const [host, chromium] = await Promise.all([service(), browser()]);
  try {
    const page = await open(chromium, host.origin, { locale: "zh-CN" });
    await setUp(page, host);
    const file = (name, bytes) => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const upload = async (files) => {
      await page.goto(`${host.origin}/console/plugins`);
      await page.locator("[name=files]").setInputFiles(files.map(([name, bytes]) => file(name, bytes)));
      await page.locator("form[enctype] button").click();
      await page.waitForLoadState();
    };
    const wasm = ["a.wasm", component];
    const manifest = (changes) => ["manifest.json", JSON.stringify({ ...MANIFEST, ...changes })];
    const pin = (changes) => ({ component: { ...MANIFEST.component, ...changes } });
    for (const [what, files, says] of [
      ["faults of a manifest", [wasm, manifest({ id: 5, version: "one", orgins: [], origins: ["https://a.test/x"] })], /未知字段 `orgins`/],
      ["a manifest that is no JSON", [wasm, ["manifest.json", "{"]], /不是有效的 JSON/],
      ["a manifest of another format", [wasm, manifest({ format: 2 })], /不是本主机能读的格式/],
      ["another contract", [wasm, manifest({ contract: "auth:connector@9.0.0" })], /本主机使用/],
      ["another digest", [wasm, manifest(pin({ sha256: "0".repeat(64) }))], /被改动过/],
      ["another size", [wasm, manifest(pin({ size: 7 }))], /清单写的是 7/],
      ["a signature that is none", [wasm, manifest({}), ["manifest.json.minisig", "x"]], /不是 minisign 签名/],
      ["text in the place of a component", [["a.wasm", "hello"]], /不是 WebAssembly/],
      ["a core module", [["a.wasm", Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])]], /核心 WebAssembly 模块/],
      ["half a component", [["a.wasm", component.subarray(0, 5000)]], /不是有效的组件/],
      ["an empty component", [["a.wasm", Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])]], /不是连接器/],
    ]) {
      await upload(files);
      await isChinese(page, what, says);
    }
    await look(page, "zh-CN-refused-package");
    await upload([wasm, manifest({ id: 5, version: "one", orgins: [], origins: ["https://a.test/x"] })]);
    await look(page, "zh-CN-refused-manifest");

    // At the review: not signed, less than it asks for.
    await upload([wasm, manifest({})]);
    await page.waitForURL("**/review/*");
    assert.deepEqual(await english(page), []);
    await page.locator("[value=install]").click();
    await isChinese(page, "no signature", /没有签名/);
    await page.locator("[name=unsigned]").check();
    await page.locator("[name=origin]").uncheck();
    await page.locator("[value=install]").click();
    await isChinese(page, "less than it asks for", /未获授予/);
    assert.ok(await page.locator("[name=unsigned]").isChecked(), "what was chosen stays");
    await look(page, "zh-CN-refused-grants");
    await page.locator("[name=unsigned]").check();
    await page.locator("[name=origin]").check();
    await page.locator("[value=install]").click();
    await page.waitForURL("**/console/plugins");
    // Another version that is older.
    await upload([wasm, manifest({ version: "0.9.0" })]);
    await page.locator("[name=unsigned]").check();
    await page.locator("[value=install]").click();
    await isChinese(page, "an older version", /比已安装的/);
    // What was done stands in the audit log, in words.
    await page.goto(`${host.origin}/console/audit`);
    assert.match(await page.locator("main").innerText(), /安装插件/);
    assert.deepEqual(await english(page), []);

    page.fine();
  } finally {
    await Promise.all([chromium.close(), host.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A registry that lies, each time in the way that its repository is named. */
function liar() {
  const blob = Buffer.from("bytes");
  const layer = (bytes, more = {}) => ({ mediaType: "application/wasm", digest: `sha256:${sha256(bytes)}`, size: bytes.length, ...more });
  const artifact = (changes) => ({
    schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: layer(blob, { mediaType: "application/vnd.wasm.config.v0+json" }), layers: [layer(component)], ...changes,
  });
  const send = (answer, status, body = "", headers = {}) => answer.writeHead(status, headers).end(body);
  const json = (answer, value) => send(answer, 200, JSON.stringify(value), { "content-type": "application/vnd.oci.image.manifest.v1+json" });
  const ways = {
    absent: (answer) => send(answer, 404),
    failing: (answer) => send(answer, 500, JSON.stringify({ errors: [{ code: "X", message: "the shelf fell down" }] })),
    silent: (answer) => send(answer, 503),
    closed: (answer) => answer.socket.destroy(),
    basic: (answer) => send(answer, 401, "", { "www-authenticate": 'Basic realm="x"' }),
    mute: (answer) => send(answer, 401),
    abroad: (answer) => send(answer, 401, "", { "www-authenticate": 'Bearer realm="https://evil.example/token"' }),
    html: (answer) => send(answer, 200, "<html>"),
    list: (answer) => json(answer, { schemaVersion: 2, manifests: [] }),
    large: (answer) => send(answer, 200, "x".repeat(5 << 20)),
    image: (answer) => json(answer, artifact({ config: layer(blob, { mediaType: "application/vnd.oci.image.config.v1+json" }) })),
    layers: (answer) => json(answer, artifact({ layers: [] })),
    huge: (answer) => json(answer, artifact({ layers: [layer(component, { size: 900 << 20 })] })),
    bytes: (answer, path) => {
      if (path.includes("/manifests/1")) return json(answer, artifact({}));
      if (path.includes("/referrers/")) return json(answer, { schemaVersion: 2, manifests: [] });
      if (path.includes("/blobs/")) return send(answer, 200, Buffer.alloc(component.length));
      return send(answer, 404);
    },
    part: (answer, path) => {
      if (path.includes("/blobs/")) return send(answer, 200, component.subarray(0, 100));
      return ways.bytes(answer, path);
    },
    elsewhere: (answer, path) => {
      if (path.includes("/blobs/")) return send(answer, 307, "", { location: "http://127.0.0.1:1/x" });
      return ways.bytes(answer, path);
    },
  };
  const server = createServer((request, answer) => {
    const way = request.url.match(/^\/v2\/(\w+)\//)?.[1];
    (ways[way] ?? ways.absent)(answer, request.url);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve({ address: `127.0.0.1:${server.address().port}`, ways: Object.keys(ways), stop: () => server.close() });
    });
  });
}

test("registry and catalogue that lie are told in Chinese", { timeout: 240_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "auth-host-liar-"));
  const registry = await liar();
  const catalogues = [
    ["no.json", "{"],
    ["format.json", '{"format": 9}'],
    ["other.json", '{"format": 1, "plugins": 5}'],
  ].map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  catalogues.push(join(folder, "absent.json"), "https://127.0.0.1:1/catalogue.json");
  const environment = { AUTH_HOST_CATALOGUES: catalogues.join(","), AUTH_HOST_REGISTRY_LOOPBACK_HTTP: "true" };
  const [host, chromium] = await Promise.all([service(undefined, { environment }), browser()]);
  try {
    const page = await open(chromium, host.origin, { locale: "zh-CN" });
    await setUp(page, host);
    const pull = async (reference, fields = {}) => {
      await page.goto(`${host.origin}/console/plugins`);
      const form = page.locator("form[action$='/pull']");
      await form.locator("[name=reference]").fill(reference);
      await form.locator("details").evaluateAll((all) => all.forEach((one) => (one.open = true)));
      for (const [name, value] of Object.entries(fields)) await form.locator(`[name=${name}]`).fill(value);
      await form.locator("button").click();
      await page.waitForLoadState();
    };
    for (const reference of [
      "ghcr.io", "oci://ghcr.io/a", "oci://ghcr.io/A/b:1", "oci://:x/a:1", "oci://ghcr.io/a@sha256:1", "oci://ghcr.io/a:?",
      "oci-layout:/tmp:1", "oci://127.0.0.1:1/a/b:1", "oci://no.invalid/a/b:1",
    ]) {
      await pull(reference);
      await isChinese(page, reference);
    }
    await look(page, "zh-CN-refused-reference");
    for (const way of registry.ways) {
      await pull(`oci://${registry.address}/${way}/sms:1`);
      await isChinese(page, way);
    }
    await pull(`oci://${registry.address}/failing/sms:1`);
    assert.match(await page.locator("#wrong").innerText(), /仓库原文：the shelf fell down/);
    await look(page, "zh-CN-refused-registry");
    for (const fields of [{ key: "x" }, { key: "RW\nRW" }, { provenance: "x" }]) {
      await pull(`oci://${registry.address}/bytes/sms:1`, fields);
      await isChinese(page, JSON.stringify(fields));
    }
    for (const nth of catalogues.keys()) {
      await page.goto(`${host.origin}/console/plugins/catalogue?c=${nth}`);
      await isChinese(page, catalogues[nth]);
    }
    await look(page, "zh-CN-refused-catalogue");
    page.fine();
  } finally {
    await Promise.all([chromium.close(), host.stop()]);
    registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
