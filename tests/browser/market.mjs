// A publisher and a registry: the package that `cargo xtask dist` makes, by the same programs, signed by keys of the test,
// in Debian's docker-registry on loopback.

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = new URL("../..", import.meta.url).pathname;
const programs = dirname(process.env.AUTH_HOST_BIN);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const run = (program, args) => execFileSync(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Starts the registry. */
async function registry(folder) {
  const address = `127.0.0.1:${await freePort()}`;
  const file = join(folder, "registry.yml");
  writeFileSync(
    file,
    [
      "version: 0.1",
      "log: {level: error, accesslog: {disabled: true}}",
      `storage: {filesystem: {rootdirectory: ${join(folder, "store")}}}`,
      `http: {addr: '${address}'}`,
    ].join("\n"),
  );
  const child = spawn("docker-registry", ["serve", file], { stdio: "ignore" });
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(`http://${address}/v2/`).catch(() => null);
    if (answer?.ok) return { address, child };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill("SIGKILL");
  throw new Error("docker-registry did not start");
}

/** A registry with version 0.1.0 of the connector, keys, and a catalogue of what is published. */
export async function market() {
  const folder = mkdtempSync(join(tmpdir(), "auth-host-market-"));
  const { address, child } = await registry(folder);
  const keys = join(folder, "keys");
  mkdirSync(keys);
  const pair = (name) => run("minisign", ["-G", "-W", "-p", join(keys, `${name}.pub`), "-s", join(keys, `${name}.key`)]);
  pair("publisher");
  pair("other");
  const provenance = join(keys, "provenance.key");
  run("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", provenance]);
  run("openssl", ["pkey", "-in", provenance, "-pubout", "-out", join(keys, "provenance.pub")]);
  const place = `${address}/acme/tencent-sms`;
  const key = readFileSync(join(keys, "publisher.pub"), "utf8").trim().split("\n")[1];

  /** A folder with a signed package. */
  const pack = (version, { by = "publisher", origins = [] } = {}) => {
    const dist = join(folder, `${version}-${by}`);
    mkdirSync(dist);
    const file = join(dist, "tencent_sms_connector.wasm");
    const packaging = join(programs, "connector-packaging");
    run(packaging, ["embed", root, "tencent-sms-connector", process.env.CONNECTOR_WASM, file]);
    run(packaging, ["documents", root, "tencent-sms-connector", file, provenance]);
    cpSync(join(root, "guides"), join(dist, "guides"), { recursive: true });
    copyFileSync(join(root, "packages/logto-connector/logo.svg"), join(dist, "logo.svg"));
    const guides = ["de", "en", "fr", "pt-BR", "zh-CN", "zh-TW"];
    const pins = guides.map((tag) => [`guide.${tag.toLowerCase()}`, sha256(readFileSync(join(dist, `guides/${tag}.md`)))]);
    const component = readFileSync(file);
    const manifest = {
      format: 1,
      id: "tencent-short-message-service",
      version,
      contract: "auth:connector@0.1.0",
      component: { file: "tencent_sms_connector.wasm", sha256: sha256(component), size: component.length },
      origins: ["https://sms.tencentcloudapi.com", "https://sms.intl.tencentcloudapi.com", ...origins],
      limits: { requests: 16 },
      license: "Apache-2.0",
      annotations: { ...Object.fromEntries(pins), logo: sha256(readFileSync(join(dist, "logo.svg"))), publisher: "Acme" },
    };
    writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 2));
    // Each version is an artifact of its own.
    const artifact = JSON.parse(readFileSync(join(dist, "oci-manifest.json"), "utf8"));
    artifact.annotations["org.opencontainers.image.version"] = version;
    writeFileSync(join(dist, "oci-manifest.json"), JSON.stringify(artifact));
    run("minisign", ["-S", "-s", join(keys, `${by}.key`), "-m", join(dist, "manifest.json"), "-t", `package ${version}`]);
    return dist;
  };

  /** Publishes a package under its version. */
  const publish = (version, options = {}) => {
    const dist = pack(version, options);
    const trust = join(keys, `${options.by ?? "publisher"}.pub`);
    const args = [`${place}:${version}`, "--folder", dist, "--trust", trust, "--loopback-http"];
    run(join(programs, "auth-connector-publish"), args);
    return dist;
  };

  const first = publish("0.1.0");
  const list = join(folder, "catalogue.list");
  const catalogue = join(folder, "catalogue.json");
  writeFileSync(list, `oci://${place}:0.1.0\n`);
  run(join(programs, "auth-host"), [
    ...["catalogue", list, "--out", catalogue, "--trust", join(keys, "publisher.pub"), "--loopback-http"],
    ...["--provenance-key", join(keys, "provenance.pub")],
  ]);
  return {
    folder,
    catalogue,
    first,
    pack,
    publish,
    key,
    provenance: readFileSync(join(keys, "provenance.pub"), "utf8"),
    reference: (rest) => `oci://${place}${rest}`,
    stop: () => {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
