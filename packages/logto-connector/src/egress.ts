/**
 * The origins that one call may send a request to: those that the config names, and no other.
 *
 * The component has the same rule. This one holds even if the component breaks it.
 */

/** Tencent's service, unless the config says otherwise. */
const DEFAULT_HOST = 'sms.tencentcloudapi.com';

/**
 * The origins of a config: that of its `endpoint`, and that of `international.endpoint`, which numbers outside +86 go to
 * where there is one. No other field decides where a request goes.
 */
export function grantedOrigins(config: unknown): string[] {
  const block = isObject(config) ? config['international'] : undefined;
  const written = [named(config) ?? DEFAULT_HOST, named(block)];
  return [...new Set(written.flatMap((text) => (text === undefined ? [] : (origin(text) ?? []))))];
}

/** Reads an `endpoint`; undefined if it is absent, blank, or still an example in angle brackets. */
function named(block: unknown): string | undefined {
  const endpoint = isObject(block) ? block['endpoint'] : undefined;
  const text = typeof endpoint === 'string' ? endpoint.trim() : '';
  return text === '' || (text.startsWith('<') && text.endsWith('>')) ? undefined : text;
}

/** Scheme, host, and port unless it is the scheme's own. The component refuses what has none before it sends. */
function origin(text: string): string | undefined {
  try {
    const url = new URL(text.includes('://') ? text : `https://${text}`);
    return `${url.protocol}//${url.host}`;
  } catch {
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
