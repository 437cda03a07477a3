/**
 * A component that imports more than the contract grants: random numbers, which `draw` returns.
 *
 *     (component
 *       (import "wasi:random/random@0.2.6" (instance $random (export "get-random-u64" (func (result u64)))))
 *       (core func $draw (canon lower (func $random "get-random-u64")))
 *       (core module $relay (import "random" "draw" (func (result i64))) (export "draw" (func 0)))
 *       (core instance $relay (instantiate $relay (with "random" (instance (export "draw" (func $draw))))))
 *       (func (export "draw") (result u64) (canon lift (core func $relay "draw"))))
 *
 * greedy.hex has its bytes, for Python too.
 */

import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('./greedy.hex', import.meta.url), 'utf8');
export const GREEDY = Buffer.from(text.replaceAll('\n', ''), 'hex');
