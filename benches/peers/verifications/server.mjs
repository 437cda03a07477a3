/**
 * better-auth's phone number plugin with Tencent's own SDK, on SQLite in a file: what a Node back end would run.
 *
 * BENCH_URL is the simulator, BENCH_DATABASE the file, BENCH_FIRST and BENCH_COUNT the numbers whose users are made
 * before it listens. It prints one line of JSON when it listens and ends when its input does.
 */

import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { phoneNumber } from 'better-auth/plugins';
import Database from 'better-sqlite3';
import { sms } from 'tencentcloud-sdk-nodejs-sms';

const { BENCH_URL, BENCH_DATABASE, BENCH_FIRST, BENCH_COUNT } = process.env;

const simulator = new URL(BENCH_URL);
const client = new sms.v20210111.Client({
  credential: { secretId: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE', secretKey: 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE' },
  region: 'ap-guangzhou',
  profile: { httpProfile: { endpoint: simulator.host, protocol: simulator.protocol } },
});

async function sendOTP({ phoneNumber: to, code }) {
  const answer = await client.SendSms({
    PhoneNumberSet: [to], SmsSdkAppId: '1400006666', TemplateId: '1110000', SignName: '腾讯云', TemplateParamSet: [code],
  });
  if (answer.SendStatusSet?.[0]?.Code !== 'Ok') throw new Error(JSON.stringify(answer));
}

const database = new Database(BENCH_DATABASE);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');

let handle;
const server = createServer((request, response) => handle(request, response));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;

const options = {
  baseURL: url,
  secret: 'a secret of a benchmark, which protects nothing',
  database,
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  plugins: [phoneNumber({ sendOTP })],
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
const auth = betterAuth(options);
handle = toNodeHandler(auth);

const now = new Date().toISOString();
const insert = database.prepare(
  `insert into user (id, name, email, emailVerified, createdAt, updatedAt, phoneNumber, phoneNumberVerified)
   values (?, ?, ?, 1, ?, ?, ?, 1)`,
);
database.transaction(() => {
  for (let index = 0; index < Number(BENCH_COUNT); index += 1) {
    const number = `+86${13_800_000_000 + Number(BENCH_FIRST) + index}`;
    insert.run(`user-${index}`, 'A user', `user-${index}@example.com`, now, now, number);
  }
})();

console.log(JSON.stringify({
  url,
  runtime: `Node ${process.version}`,
  journal_mode: database.pragma('journal_mode', { simple: true }),
  synchronous: database.pragma('synchronous', { simple: true }),
}));

process.stdin.resume().on('end', () => process.exit(0));
