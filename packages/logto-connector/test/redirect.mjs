/**
 * Preloaded into every thread of the test process: connections to Tencent's host go to the interceptor on loopback.
 *
 * Nothing else changes. Both connectors look up, sign and verify `sms.tencentcloudapi.com`, which the interceptor has
 * a certificate for. Any other name that is not loopback is refused, so that no test can reach the real service.
 */

import tls from 'node:tls';

const HOST = 'sms.tencentcloudapi.com';
const connect = tls.connect;

tls.connect = (options, ...rest) => {
  if (options.host === HOST && options.port === 443) {
    const port = Number(process.env.INTERCEPTOR_PORT);
    return connect({ ...options, host: '127.0.0.1', port, servername: HOST }, ...rest);
  }
  if (!['127.0.0.1', 'localhost', '::1'].includes(options.host)) {
    throw new Error(`a test tried to connect to ${options.host}`);
  }
  return connect(options, ...rest);
};
