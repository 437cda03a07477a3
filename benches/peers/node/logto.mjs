/** Logto's connector as it is published: node --import ./plain.mjs logto.mjs */

import createConnector from '@logto/connector-tencent-sms';
import { APP, CODE, REGION, SECRET_ID, SECRET_KEY, SIGNATURE, TEMPLATE, serve } from './lane.mjs';

const config = {
  accessKeyId: SECRET_ID, accessKeySecret: SECRET_KEY, signName: SIGNATURE, sdkAppId: APP, region: REGION,
  templates: ['SignIn', 'Register', 'ForgotPassword', 'Generic'].map((usageType) => ({ usageType, templateCode: TEMPLATE })),
};
const { sendMessage } = await createConnector({ getConfig: async () => config });

// It throws unless the service accepted the message.
await serve((to) => sendMessage({ to, type: 'Register', payload: { code: CODE } }));
