/**
 * Tencent Cloud SMS for Logto, as a sandboxed component. Takes the place of `@logto/connector-tencent-sms`: same
 * id, same config.
 */

import { ConnectorType, type CreateConnector, type SendMessageFunction, type SmsConnector } from '@logto/connector-kit';

import { splitDigits } from './digits.js';
import { refused, toConnectorError } from './errors.js';
import { configGuard } from './guard.js';
import { toMessage } from './message.js';
import { metadata } from './metadata.js';
import { pool } from './pool.js';

export type { ErrorData } from './errors.js';

const createConnector: CreateConnector<SmsConnector> = async ({ getConfig }) => {
  const sendMessage: SendMessageFunction = async (data, inputConfig) => {
    const config = inputConfig ?? (await getConfig(metadata.id));
    const { rest, reading } = splitDigits(config);
    const message = await toMessage(data, 'national' in reading ? reading.national : undefined);
    const outcome = 'finding' in reading ? refused(reading.finding) : await pool.send(rest, message);
    if (outcome.state !== 'accepted') throw toConnectorError(outcome, message);
    const { messageId, requestId, attributes } = outcome.receipt;
    return { ...Object.fromEntries(attributes), messageId, requestId };
  };
  return { metadata, type: ConnectorType.Sms, configGuard, sendMessage };
};

export default createConnector;
