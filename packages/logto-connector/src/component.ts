/**
 * Instances of the component. An instance can do what its imports can do, and nothing else.
 *
 * | instance | imports | used for |
 * |---|---|---|
 * | {@link isolated} | all of them throw | metadata, form and config guard, in Logto's own thread |
 * | {@link instance} | clocks, and HTTP to the origins of the config (see egress.ts) | sending, in a worker |
 */

import { readFileSync } from 'node:fs';

import { instantiate, type ImportObject } from './generated/connector.js';
import type * as Sms from './generated/interfaces/auth-connector-sms.js';

export type { Diagnostic, Failure, FailureKind, Message, Receipt, SendError } from './generated/interfaces/auth-connector-sms.js';

/** The contract's functions. */
export type Connector = typeof Sms;

/** What an instance may use, by WIT name without version, which is how jco's output looks them up. */
export type Imports = Record<string, object>;

const modules = new Map<string, WebAssembly.Module>();

/** Compiles a core module once in each thread. */
function coreModule(name: string): WebAssembly.Module {
  const compiled = modules.get(name) ?? new WebAssembly.Module(readFileSync(new URL(`./generated/${name}`, import.meta.url)));
  modules.set(name, compiled);
  return compiled;
}

/** An instance, and a way to make it as good as new. */
export type Instance = {
  sms: Connector;
  /**
   * Puts the memory back to what it was after instantiation, so that no secret, number or code of one call is
   * there in the next. It takes some 10 microseconds where a new instance takes a millisecond, most of it in
   * jco's JavaScript. The component's globals need nothing: a call that returns leaves them as they were, and
   * after one that does not, the instance is thrown away.
   */
  reset: () => void;
};

export function instance(imports: Imports): Instance {
  let memory: WebAssembly.Memory | undefined;
  // The declared type has versions in its keys, where the generated code has none.
  const { sms } = instantiate(coreModule, imports as unknown as ImportObject, (module, coreImports) => {
    const core = new WebAssembly.Instance(module, coreImports);
    if (core.exports['memory'] instanceof WebAssembly.Memory) memory = core.exports['memory'];
    return core;
  });
  if (memory === undefined) throw new TypeError('the component has no memory');
  const { buffer } = memory;
  const initial = new Uint8Array(buffer).slice();
  return {
    sms,
    reset: () => {
      const current = new Uint8Array((memory as WebAssembly.Memory).buffer);
      current.set(initial);
      current.fill(0, initial.length);
    },
  };
}

/** An instance without any authority: whatever it calls, throws. */
export function isolated(): Instance {
  const refuse = () => {
    throw new Error('this instance may not reach anything');
  };
  // jco takes classes and functions apart before it instantiates, so each name needs something.
  const nothing = new Proxy({}, { get: (_, name) => (typeof name === 'string' ? class { constructor() { refuse(); } } : undefined) });
  const imports = [
    'wasi:clocks/monotonic-clock', 'wasi:clocks/wall-clock', 'wasi:http/outgoing-handler', 'wasi:http/types',
    'wasi:io/error', 'wasi:io/poll', 'wasi:io/streams',
  ];
  return instance(Object.fromEntries(imports.map((name) => [name, nothing])));
}
