/** Preloaded with Logto's connector, whose address is fixed: its HTTPS becomes HTTP to BENCH_URL. */

import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

const { hostname, port } = new URL(process.env.BENCH_URL);

https.request = (url, options, callback) =>
  http.request({ ...options, protocol: 'http:', agent: undefined, host: hostname, hostname, port, path: url.pathname }, callback);
syncBuiltinESMExports();
