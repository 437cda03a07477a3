/** A config that works with the simulator's built-in catalogue. */

export const SECRET_ID = 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE';
export const SECRET_KEY = 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE';

export const USAGES = ['SignIn', 'Register', 'ForgotPassword', 'Generic'];

/** @param {object} changes keys to add or to replace, such as `endpoint` */
export function config(changes = {}) {
  return {
    // The key pair that Tencent's documentation prints in its signing example.
    accessKeyId: SECRET_ID,
    accessKeySecret: SECRET_KEY,
    signName: '腾讯云',
    sdkAppId: '1400006666',
    region: 'ap-guangzhou',
    templates: USAGES.map((usageType) => ({ usageType, templateCode: '1110000' })),
    ...changes,
  };
}
