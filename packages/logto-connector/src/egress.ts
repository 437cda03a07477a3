/**
 * Where one call may send a request to: the origin that the config names, and nothing else.
 *
 * The component has the same rule. This one holds even if the component breaks it.
 */

/** Tencent's service, unless the config says otherwise. */
const DEFAULT_HOST = 'sms.tencentcloudapi.com';

/** The origin of a config's `endpoint`: scheme, host, and port unless it is the scheme's own. */
export function grantedOrigin(config: unknown): string | undefined {
  const endpoint = isObject(config) && typeof config['endpoint'] === 'string' ? config['endpoint'].trim() : '';
  const text = endpoint || DEFAULT_HOST;
  try {
    const url = new URL(text.includes('://') ? text : `https://${text}`);
    return `${url.protocol}//${url.host}`;
  } catch {
    // The component refuses such a config before it sends; until then nothing is granted.
    return undefined;
  }
}

/** What is read of a `wasi:http` outgoing request. The component's own types lack it, because it only writes. */
export type Addressed = {
  scheme: () => { tag: string } | undefined;
  authority: () => string | undefined;
};

/** The origin that a request is for. */
export function requestedOrigin(request: Addressed): string | undefined {
  const scheme = { HTTP: 'http', HTTPS: 'https' }[request.scheme()?.tag ?? ''];
  const authority = request.authority();
  return scheme && authority ? `${scheme}://${authority.toLowerCase()}` : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
