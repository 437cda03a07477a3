/** Stands in for Tencent's host: keeps each request as it was on the wire, and answers as told. */

import { once } from 'node:events';
import { createServer } from 'node:https';

export const HOST = 'sms.tencentcloudapi.com';

export class Interceptor {
  /** @param {{ key: string, cert: string }} tls */
  static async start(tls) {
    const interceptor = new Interceptor(tls);
    interceptor.server.listen(0, '127.0.0.1');
    await once(interceptor.server, 'listening');
    process.env.INTERCEPTOR_PORT = String(interceptor.server.address().port);
    return interceptor;
  }

  constructor(tls) {
    this.requests = [];
    this.answer = ok;
    this.server = createServer(tls, async (incoming, response) => {
      const chunks = await incoming.toArray();
      const { method, url, rawHeaders } = incoming;
      const headers = {};
      for (let index = 0; index < rawHeaders.length; index += 2) {
        const name = rawHeaders[index].toLowerCase();
        headers[name] = headers[name] === undefined ? rawHeaders[index + 1] : `${headers[name]}, ${rawHeaders[index + 1]}`;
      }
      const request = { method, url, headers, body: Buffer.concat(chunks) };
      this.requests.push(request);
      this.answer(response, request, this.requests.length);
    });
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** The number that an answer echoes: Tencent answers in E.164, and reads bare digits as Chinese. */
function echo(request) {
  const [to] = JSON.parse(request.body).PhoneNumberSet;
  const digits = to.replace(/[^+\d]/g, '');
  if (digits.startsWith('+')) return digits;
  return /^(0086|86)?1\d{10}$/.test(digits) ? `+86${digits.slice(-11)}` : `+${digits}`;
}

function entry(request, changes) {
  return {
    SerialNo: '5000:1045710669157053657849499619', PhoneNumber: echo(request), Fee: 1, SessionContext: '',
    Code: 'Ok', Message: 'send success', IsoCode: 'CN', ...changes,
  };
}

const RequestId = 'a0aabda6-cf91-4f3e-a81f-9198114a2279';

function json(response, value, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export function ok(response, request) {
  json(response, { Response: { SendStatusSet: [entry(request)], RequestId } });
}

/** Entries in place of the one that acceptance has. */
export const entries = (...list) => (response, request) =>
  json(response, { Response: { SendStatusSet: list.map((changes) => entry(request, changes)), RequestId } });

/** A refusal of the number. */
export const refusedNumber = (Code) => entries({ Code, Message: 'refused', SerialNo: '', Fee: 0 });

/** A refusal of the request. */
export const refused = (Code, status = 200) => (response) =>
  json(response, { Response: { Error: { Code, Message: 'refused' }, RequestId } }, status);

/** Any JSON. */
export const value = (body) => (response) => json(response, body);

/** Anything else. */
export const raw = (status, body, headers = {}) => (response) => response.writeHead(status, headers).end(body);

/** The connection dies once the request was read. */
export const dies = (response) => response.destroy();

/** One answer for the first request, and another for those that follow. */
export const first = (one, others) => (response, request, count) => (count === 1 ? one : others)(response, request);
