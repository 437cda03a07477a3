/** A package without lib/ would be skipped by Logto with a line in its log, so it is not packed. */

import { existsSync } from 'node:fs';

if (!existsSync(new URL('../lib/generated/self.js', import.meta.url))) {
  console.error('lib/ is not built. Run: CONNECTOR_WASM=path/to/component.wasm npm run build');
  process.exit(1);
}
