/**
 * Builds lib/: the component for JavaScript, its metadata, the parts of WASI that it needs, and the adapter.
 *
 * Needs CONNECTOR_WASM, the path of the release component. The bytes are not changed; lib/generated/source.json
 * records their SHA-256, so that a package can be traced to a release.
 */

import { transpile } from '@bytecodealliance/jco';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { getCountries } from 'libphonenumber-js/max';

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
copyNumbers();
cpSync(join(root, '..', '..', 'guides'), join(lib, 'guides'), { recursive: true });

// What the component says about itself, so that Logto's list of connectors needs no instance.
write(join(generated, 'self.d.ts'), selfTypes());
write(join(generated, 'self.js'), '');
execFileSync(join(root, 'node_modules', '.bin', 'tsc'), { cwd: root, stdio: 'inherit' });
const { isolated } = await import(join(lib, 'component.js'));
const { sms } = isolated();
write(
  join(generated, 'self.js'),
  `export const metadata = ${JSON.stringify(self(sms.getMetadata()))};\nexport const formItems = ${sms.getConfigGuard(['en']).formJson};\n`,
);
console.log(`lib/ is built from ${basename(component)}.`);

/**
 * The shim's modules for HTTP, clocks and I/O, and what they import. Its files, sockets, processes and randomness
 * stay out of the package, and so do its dependencies, which only files need.
 */
function copyWasi() {
  const shim = dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/preview2-shim')));
  const from = dirname(shim);
  copyModules(['http.js', 'io.js', 'clocks.js'].map((name) => join(shim, name)), from, join(lib, 'wasi'));
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

/**
 * The parts of libphonenumber-js that read one number, and the metadata of all countries with the kinds of numbers. The
 * whole package has 13 MB, and Logto unpacks an archive without installing what it depends on.
 */
function copyNumbers() {
  const from = dirname(fileURLToPath(import.meta.resolve('libphonenumber-js/package.json')));
  const to = join(lib, 'phone');
  const entries = ['es6-modern/parsePhoneNumber.js', 'es6-modern/metadata.js', 'metadata.max.json.js'];
  copyModules(entries.map((name) => join(from, name)), from, to);
  copyFileSync(join(from, 'LICENSE'), join(to, 'LICENSE'));
  const { version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  write(join(to, 'README.md'), `From libphonenumber-js ${version}, unchanged. ${license}, see LICENSE.\n`);
  // The setting is checked without loading the metadata.
  write(join(generated, 'countries.js'), `export const countries = ${JSON.stringify(getCountries())};\n`);
  write(join(generated, 'countries.d.ts'), 'export declare const countries: string[];\n');
  // What national.ts uses of them.
  write(join(to, 'metadata.max.json.d.ts'), 'declare const metadata: object;\nexport default metadata;\n');
  write(
    join(to, 'es6-modern', 'metadata.d.ts'),
    'export declare function getCountryCallingCode(country: string, metadata: object): string;\n',
  );
  write(
    join(to, 'es6-modern', 'parsePhoneNumber.d.ts'),
    `export type PhoneNumber = {
  number: string; countryCallingCode: string; isValid: () => boolean; getType: () => string | undefined;
};
export default function parsePhoneNumber(
  text: string, options: { defaultCountry: string; extract: boolean }, metadata: object,
): PhoneNumber | undefined;
`,
  );
}

/** Copies modules and what they import by a relative name, unchanged. */
function copyModules(entries, from, to) {
  const seen = new Set(entries);
  for (const file of seen) {
    const text = readFileSync(file, 'utf8');
    const copy = join(to, relative(from, file));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file, copy);
    // The worker is one bundle; what it requires by name, it requires for files only.
    if (file.endsWith('.bundle.js')) continue;
    for (const [, specifier] of text.matchAll(/(?:from |new URL\()["'](\.{1,2}\/[^"']+)["']/g)) {
      seen.add(join(dirname(file), specifier));
    }
  }
}

/** The contract's metadata with Logto's names. */
function self({ id, version, names, descriptions, attributes }) {
  const texts = (list) => Object.fromEntries(list.map(({ language, text }) => [language, text]));
  const { target } = Object.fromEntries(attributes);
  if (target === undefined) throw new Error('the component does not say its target, under which Logto stores configs');
  return { id, target, platform: null, version, name: texts(names), description: texts(descriptions) };
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
