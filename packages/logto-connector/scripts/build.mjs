/**
 * Builds lib/: the component for JavaScript, its metadata, the parts of WASI that it needs, and the adapter.
 *
 * Needs CONNECTOR_WASM, the path of the release component. The bytes are not changed; lib/generated/source.json
 * records their SHA-256, so that a package can be traced to a release.
 */

import { transpile } from '@bytecodealliance/jco';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lib = join(root, 'lib');
const generated = join(lib, 'generated');

const component = process.env.CONNECTOR_WASM;
if (!component) {
  console.error('set CONNECTOR_WASM to the component: cargo build --release --target wasm32-wasip2');
  process.exit(1);
}
const bytes = readFileSync(component);

rmSync(lib, { recursive: true, force: true });

// The glue instantiates on demand, with the imports that it is given and no others.
const { files } = await transpile(bytes, { name: 'connector', instantiation: { tag: 'sync' }, minify: true });
for (const [name, contents] of Object.entries(files)) {
  write(join(generated, name), contents);
}
write(
  join(generated, 'source.json'),
  `${JSON.stringify({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length })}\n`,
);

copyWasi();

// What the component says about itself, so that Logto's list of connectors needs no instance.
write(join(generated, 'self.d.ts'), selfTypes());
write(join(generated, 'self.js'), '');
execFileSync(join(root, 'node_modules', '.bin', 'tsc'), { cwd: root, stdio: 'inherit' });
const { sealed } = await import(join(lib, 'component.js'));
const { sms } = sealed();
write(
  join(generated, 'self.js'),
  `export const metadata = ${sms.getMetadata()};\nexport const formItems = ${sms.getConfigGuard(['en']).formJson};\n`,
);
console.log(`lib/ is built from ${basename(component)}.`);

/**
 * The shim's modules for HTTP, clocks and I/O, and what they import. Its files, sockets, processes and randomness
 * stay out of the package, and so do its dependencies, which only files need.
 */
function copyWasi() {
  const shim = dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/preview2-shim')));
  const from = dirname(shim);
  const pending = ['http.js', 'io.js', 'clocks.js'].map((name) => join(shim, name));
  const seen = new Set(pending);
  for (const file of pending) {
    const text = readFileSync(file, 'utf8');
    const copy = join(lib, 'wasi', relative(from, file));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file, copy);
    // The worker is one bundle; what it requires by name, it requires for files only.
    if (file.endsWith('.bundle.js')) continue;
    for (const [, specifier] of text.matchAll(/(?:from |new URL\()"(\.{1,2}\/[^"]+)"/g)) {
      const next = join(dirname(file), specifier);
      if (!seen.has(next)) {
        seen.add(next);
        pending.push(next);
      }
    }
  }
  // The shim's own types name packages that are not here; these are what the component asks for.
  for (const [module, interfaces] of Object.entries({
    http: { types: 'wasi-http-types', outgoingHandler: 'wasi-http-outgoing-handler' },
    io: { error: 'wasi-io-error', poll: 'wasi-io-poll', streams: 'wasi-io-streams' },
    clocks: { monotonicClock: 'wasi-clocks-monotonic-clock', wallClock: 'wasi-clocks-wall-clock' },
  })) {
    const declarations = Object.entries(interfaces).map(
      ([name, file]) => `export declare const ${name}: typeof import('../../generated/interfaces/${file}.js');\n`,
    );
    write(join(lib, 'wasi', 'nodejs', `${module}.d.ts`), declarations.join(''));
  }
  const { version, license } = JSON.parse(readFileSync(join(dirname(from), 'package.json'), 'utf8'));
  write(join(lib, 'wasi', 'README.md'), `From @bytecodealliance/preview2-shim ${version}, unchanged. ${license}.\n`);
}

function selfTypes() {
  return `export declare const metadata: {
  id: string; target: string; platform: null; version: string;
  name: { en: string; [language: string]: string };
  description: { en: string; [language: string]: string };
};
export declare const formItems: Array<Record<string, unknown>>;
`;
}

function write(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
