/** How Logto lists the connector: what the component says about itself, with the files that lie beside it. */

import type { ConnectorMetadata } from '@logto/connector-kit';

import { digitsField } from './digits.js';
import { formItems, metadata as self } from './generated/self.js';

const { id, target, platform, name, description } = self;

export const metadata: ConnectorMetadata = {
  id,
  target,
  platform,
  name,
  description,
  logo: './logo.svg',
  logoDark: null,
  readme: './README.md',
  // The component's form has the shape of Logto's form items; a test holds it against Logto's guard.
  formItems: [...formItems, digitsField] as unknown as NonNullable<ConnectorMetadata['formItems']>,
};
