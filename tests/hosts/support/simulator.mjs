/** Tencent Cloud SMS on loopback, started from SIMULATOR_BIN. It ends with this process, because its input closes. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createInterface } from 'node:readline';

export class Simulator {
  /** @param {string[]} options further options, such as `--tls` */
  static async start(...options) {
    const process_ = spawn(
      required('SIMULATOR_BIN'),
      ['--listen', '127.0.0.1:0', '--quiet', '--stop-on-stdin-close', ...options],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const failed = once(process_, 'exit').then(([code]) => {
      throw new Error(`the simulator ended with ${code} before it was ready`);
    });
    const [line] = await Promise.race([once(createInterface(process_.stdout), 'line'), failed]);
    failed.catch(() => {});
    const { url, ca_file } = JSON.parse(line);
    return new Simulator(process_, url, ca_file);
  }

  /** One that somebody else started, and stops. */
  static running(url, ca) {
    return new Simulator(undefined, url, ca);
  }

  constructor(process_, url, ca) {
    this.process = process_;
    this.url = url;
    // The authority that the run made, if it speaks TLS; the control plane does too.
    this.ca = ca && readFileSync(ca);
  }

  /** @param {string} [to] all when absent */
  async messages(to) {
    return (await this.#get(to === undefined ? 'messages' : `messages?to=${encodeURIComponent(to)}`)).messages;
  }

  async journal() {
    return (await this.#get('journal')).entries;
  }

  async put(path, body) {
    await this.#request('PUT', path, JSON.stringify(body));
  }

  async #get(path) {
    return JSON.parse(await this.#request('GET', path));
  }

  async #request(method, path, body) {
    const url = new URL(`/_sim/${path}`, this.url);
    const { request } = url.protocol === 'https:' ? https : http;
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const outgoing = request(url, { method, headers, ca: this.ca, agent: false });
    outgoing.end(body);
    const [response] = await once(outgoing, 'response');
    const text = (await response.setEncoding('utf8').toArray()).join('');
    if (response.statusCode >= 300) throw new Error(`${method} ${url}: ${response.statusCode} ${text}`);
    return text;
  }

  async stop() {
    if (this.process.exitCode === null) {
      this.process.stdin.end();
      await once(this.process, 'exit');
    }
  }
}

/** An environment variable that a command of this directory needs. */
export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}: see tests/hosts/README.md`);
  return value;
}
