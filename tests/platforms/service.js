// The service under test: its commands, its messages, and time that passes in the simulator.
import { execFileSync } from 'node:child_process';

export const { SERVICE_URL, SERVICE_KEY, SERVICE_DATA, SIMULATOR_URL, AUTH_HOST_BIN } = process.env;

/** Runs a command of the auth host and waits until the service has noticed. */
export const command = async (...parameters) => {
  const out = execFileSync(AUTH_HOST_BIN, [...parameters, '--json', '--data', SERVICE_DATA], { encoding: 'utf8' });
  await new Promise((resolve) => setTimeout(resolve, 1200));
  return JSON.parse(out);
};

const simulator = async (path, options) => {
  const response = await fetch(`${SIMULATOR_URL}/_sim/${path}`, options);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.headers.get('content-type')?.includes('json') ? response.json() : undefined;
};

export const messages = async (to) => {
  const found = await simulator(`messages?to=${encodeURIComponent(to)}`);
  return found.messages ?? found;
};

export const codes = async (to) => (await messages(to)).map((message) => message.params[0]);

/** The next request is refused with a code of the provider. */
export const refuseNext = (code) =>
  simulator('faults', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault: { kind: 'code', code } }),
  });
