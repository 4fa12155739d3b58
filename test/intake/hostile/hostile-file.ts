import type { SpecChanges } from '../taken.ts'

/**
 * What must become of a hostile file: refused as a whole, or taken with these rows and rejections.
 */
export type Expected =
  | { refused: string; about?: Record<string, unknown> }
  | {
      /** Accepted rows: the id, then the cells asked for by `show` (the name unless told). */
      rows: readonly string[]
      /** Lines of the accepted rows. */
      lines?: readonly number[]
      rejections?: Record<string, number>
      encoding?: string
      from?: string
      compression?: 'gzip' | null
    }

export type HostileFile = {
  name: string
  /** Why it is here: who sends such a file, or what goes wrong with it elsewhere. */
  why: string
  bytes: Uint8Array
  expected: Expected
  changes?: SpecChanges
  /** Cells shown beside the id: indexes among contactId, name, phone, email. */
  show?: number[]
}

export const HEADER = 'contactId,name,phone,email'
export const utf8 = (text: string): Buffer => Buffer.from(text)
export const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le')
export const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
/** One byte a letter: the letter's number. */
export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
/** A row whose only oddity is its name. */
export const row = (id: string, name: string): string => `${id},${name},+14155552671,`
