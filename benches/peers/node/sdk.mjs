/** Tencent's own SDK for Node, with one client for all messages. */

import { sms } from 'tencentcloud-sdk-nodejs-sms';
import { APP, CODE, REGION, SECRET_ID, SECRET_KEY, SIGNATURE, TEMPLATE, serve } from './lane.mjs';

const url = new URL(process.env.BENCH_URL);
const client = new sms.v20210111.Client({
  credential: { secretId: SECRET_ID, secretKey: SECRET_KEY },
  region: REGION,
  profile: { httpProfile: { endpoint: url.host, protocol: url.protocol } },
});

await serve(async (to) => {
  const answer = await client.SendSms({
    PhoneNumberSet: [to], SmsSdkAppId: APP, TemplateId: TEMPLATE, SignName: SIGNATURE, TemplateParamSet: [CODE],
  });
  if (answer.SendStatusSet?.[0]?.Code !== 'Ok') throw new Error(JSON.stringify(answer));
});
