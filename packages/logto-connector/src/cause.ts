/**
 * The cause of a connection that was not made, which `wasi:http` of jco has as a text beside `internal-error`, and the
 * component does not read.
 *
 * Texts that say that the server's certificate was refused become `TLS-certificate-error`: it is refused in the
 * handshake, before a byte of the request is written, so the component can tell that nothing was sent.
 */

import type { FutureIncomingResponse } from './generated/interfaces/wasi-http-types.js';
import type { Outcome } from './task.js';

/**
 * Node's messages for a refused certificate: OpenSSL's `X509_verify_cert_error_string`, and the check of the name.
 * An alert of the other side, such as one that asks for a client's certificate, is none of these: in TLS 1.3 it can
 * come after the request.
 */
const REFUSED_CERTIFICATE =
  /^Error(?: \[ERR_TLS_CERT_ALTNAME_INVALID\])?: (?:Hostname\/IP does not match certificate's altnames|self[- ]signed certificate|unable to (?:get (?:local )?issuer certificate|verify the first certificate)|certificate (?:has expired|is not yet valid|signature failure|revoked|rejected|not trusted|chain too long)|unsuitable certificate purpose|invalid (?:CA|purpose)|CA (?:md|key) too weak|EE certificate key too weak)/i;

/** The longest cause that is passed on. */
const MAX_CAUSE = 200;

type Result = ReturnType<FutureIncomingResponse['get']>;

/** The same response; `note` gets the host's own text, should it fail with one. */
export function noteCause(response: FutureIncomingResponse, note: (cause: string) => void): FutureIncomingResponse {
  const get = response.get.bind(response);
  response.get = (): Result => {
    const result = get();
    const failed = result?.tag === 'ok' && result.val.tag === 'err' ? result.val : undefined;
    if (failed?.val.tag !== 'internal-error' || failed.val.val === undefined) return result;
    note(plain(failed.val.val));
    if (REFUSED_CERTIFICATE.test(failed.val.val)) failed.val = { tag: 'TLS-certificate-error' };
    return result;
  };
  return response;
}

/** The outcome with its cause in the operator's message. */
export function explained(outcome: Outcome, cause: string | undefined): Outcome {
  if (outcome.state === 'accepted' || cause === undefined) return outcome;
  const { failure } = outcome;
  return { ...outcome, failure: { ...failure, message: `${failure.message} Cause: ${cause}` } };
}

/** OpenSSL's own form: thread, number, library, function, reason, file and line. */
const OPENSSL = /^(?:[0-9A-F]+:)?error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):.*$/s;

/** One line of visible characters. */
function plain(text: string): string {
  return text.replace(/^Error(?: \[\w+\])?: /, '').replace(OPENSSL, '$1').replace(/[^ -~]+/g, ' ').trim().slice(0, MAX_CAUSE);
}
