import type { SpecChanges } from '../taken.ts'

/**
 * The right outcome of a hostile file: refused as a whole, or accepted with these rows and
 * rejections.
 */
export type Expected =
  | { refused: string; about?: Record<string, unknown> }
  | {
      /** Accepted rows: the id, then the cells that `show` names. Default: the name. */
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
  /** Why the file is here: who sends such files, or what other programs do wrong with it. */
  why: string
  bytes: Uint8Array
  expected: Expected
  changes?: SpecChanges
  /** Cells shown after the id, by their index among contactId, name, phone, email. */
  show?: number[]
}

export const HEADER = 'contactId,name,phone,email'
export const utf8 = (text: string): Buffer => Buffer.from(text)
export const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le')
export const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
/** Each letter becomes one byte with its number. */
export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
/** A row in which only the name is unusual. */
export const row = (id: string, name: string): string => `${id},${name},+14155552671,`
