/** Connections that TLS refuses: the operator learns why, and nothing was sent. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';

import selfsigned from 'selfsigned';

import createConnector from '../lib/index.js';
import { config } from '../../../tests/hosts/support/config.mjs';
import { refusedUrl } from '../../../tests/hosts/support/servers.mjs';

const connector = await createConnector({ getConfig: () => assert.fail('not asked for') });

async function certificate(names, options = {}) {
  const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: names[0] }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) }],
    ...options,
  });
  return { key, cert };
}

/** Sends to a server, and returns the error's data and how many requests the server read. */
async function failure(context, server, port = 0, endpoint) {
  let requests = 0;
  server.on('request', (incoming, response) => {
    requests += 1;
    response.end('{}');
  });
  server.on('tlsClientError', () => {});
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  endpoint ??= `https://localhost:${server.address().port}`;
  const sending = connector.sendMessage({ to: '8613800138000', type: 'SignIn', payload: { code: '918273' } }, config({ endpoint }));
  const { data } = await sending.then(() => assert.fail('it was accepted'), (error) => error);
  assert.ok(!JSON.stringify(data).includes('918273'));
  return { data, requests };
}

/** The interceptor's certificate is the one that this process trusts, for Tencent's host. Threads read the port when they start. */
const trusted = { key: readFileSync(process.env.INTERCEPTOR_KEY), cert: readFileSync(process.env.INTERCEPTOR_CERT) };
const INTERCEPTED = new URL(await refusedUrl()).port;
process.env.INTERCEPTOR_PORT = INTERCEPTED;

/** In TLS 1.3 this refusal comes after the client has written, so it is not that of a certificate. */
test('a server that asks for a client\'s certificate is not taken for one that is not trusted', async (context) => {
  const server = createServer({ ...trusted, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' });
  const { data, requests } = await failure(context, server, Number(INTERCEPTED), 'sms.tencentcloudapi.com');
  assert.equal(requests, 0);
  // The last byte of the request is withheld for refusals such as this. The alert is named unless the connection broke
  // before it was read.
  if (/alert/.test(data.operatorMessage)) assert.equal(data.state, 'not-sent');
  assert.match(data.operatorMessage, /Cause: (tlsv13 alert certificate required|write EPIPE)|was broken/);
  assert.ok(!/was not established/.test(data.operatorMessage), data.operatorMessage);
});

test('a certificate that is refused is named, and nothing was sent', async (context) => {
  for (const [tls, cause] of [
    [await certificate(['localhost']), /self[- ]signed certificate/],
    [trusted, /does not match certificate's altnames/],
    [await certificate(['localhost'], { notBeforeDate: new Date('2020-01-01'), notAfterDate: new Date('2020-02-01') }), /certificate has expired|self[- ]signed certificate/],
  ]) {
    const { data, requests } = await failure(context, createServer(tls));
    assert.deepEqual([data.state, data.kind, requests], ['not-sent', 'unreachable', 0], data.operatorMessage);
    assert.match(data.operatorMessage, /TLS connection to the provider was not established/);
    assert.match(data.operatorMessage, new RegExp(`Cause: .*(${cause.source})`));
    assert.equal(data.retryable, true);
  }
});

test('an answer that is no TLS keeps its cause, in one line', async (context) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  const { data } = await failure(context, server);
  assert.match(data.operatorMessage, /Cause: .*(SSL|wrong version|packet length)/i);
  assert.match(data.operatorMessage, /^[ -~]+$/);
});

