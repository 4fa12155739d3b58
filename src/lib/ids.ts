import { randomBytes } from 'node:crypto'

import type { Clock } from './clock.ts'

/**
 * Makes ids: a prefix for the kind of thing, and a UUIDv7 (RFC 9562, section 5.7), so that ids sort
 * by the time they were made.
 */
export type Ids = {
  /** For example `newId('upl')` → `upl_0198…` (32 hex digits without dashes). */
  newId(prefix: string): string
  newUuid(): string
}

/**
 * `random`: returns `size` random bytes. Default: those of Node. Ids that are made in the same
 * millisecond have no fixed order.
 */
export const createIds = (deps: { clock: Clock; random?: (size: number) => Uint8Array }): Ids => {
  const random = deps.random ?? ((size: number) => randomBytes(size))
  const newUuid = (): string => {
    const bytes = Buffer.from(random(16))
    bytes.writeUIntBE(deps.clock.now().getTime(), 0, 6)
    bytes[6] = 0x70 | (bytes[6]! & 0x0f)
    bytes[8] = 0x80 | (bytes[8]! & 0x3f)
    const hex = bytes.toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }
  return { newUuid, newId: (prefix) => `${prefix}_${newUuid().replaceAll('-', '')}` }
}
