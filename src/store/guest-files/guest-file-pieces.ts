import type { KeyObject } from 'node:crypto'

import { sql } from 'kysely'

import { open, seal, sealingKey } from '../../lib/envelope.ts'
import { createTurns } from '../../lib/waiting/turns.ts'
import type { UploadPlace } from '../../workflows/ports/guest-files/guest-files.ts'
import { StagingLost } from '../../workflows/ports/uploads/uploads.ts'
import type { Database } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { isOwnerGone } from '../homes/sql-failure.ts'

/** The purpose for which a file's data key is sealed. */
export const keyContext = (id: string): string => `guest-file:${id}`
/**
 * How many pieces are written to the database at the same time. By default an instance has ten
 * connections to the database. A statement that waits five seconds for a connection fails as if the
 * database were down. So the pieces of many files wait here, where waiting causes no failure.
 */
const WRITTEN_AT_ONCE = 4
const pieceContext = (id: string, seq: number): string => `guest-file-piece:${id}:${seq}`
const urlContext = (id: string): string => `guest-file-url:${id}`

/**
 * The bytes of files, sealed in pieces, and the sealed URL of a file. The seal binds each piece to
 * its file and its number.
 */
export const createPieces = ({ database, keyring }: { database: Database; keyring: Keyring }) => {
  const { db } = database
  /** The data keys of files that this process is receiving. */
  const receiving = new Map<string, KeyObject>()
  const keyOf = async (id: string): Promise<KeyObject> => {
    const known = receiving.get(id)
    if (known !== undefined) return known
    const { rows } = await sql<{
      data_key: Buffer
      data_key_id: string
    }>`select data_key, data_key_id
      from guest_file where id = ${id} and data_key is not null`.execute(db)
    if (rows[0] === undefined) throw new StagingLost(`Guest file ${id} or its data key is gone`)
    return sealingKey(keyring.open(keyContext(id), rows[0].data_key_id, rows[0].data_key))
  }
  const turn = createTurns(WRITTEN_AT_ONCE)
  async function* pieces(id: string): AsyncGenerator<Buffer> {
    const key = await keyOf(id)
    for (let seq = 0; ; seq += 1) {
      const { rows } = await sql<{ payload: Buffer }>`select payload from guest_file_piece
        where guest_file_id = ${id} and seq = ${seq}`.execute(db)
      if (rows[0] === undefined) return
      yield open(key, pieceContext(id, seq), rows[0].payload)
    }
  }
  return {
    receiving,
    append: (id: string, seq: number, bytes: Uint8Array): Promise<void> =>
      turn(async () => {
        const payload = seal(await keyOf(id), pieceContext(id, seq), bytes)
        try {
          await database.writeBytes(
            sql`insert into guest_file_piece (guest_file_id, seq, payload) values (${id}, ${seq}, ${payload})`.compile(
              db,
            ),
          )
        } catch (error) {
          if (!isOwnerGone(error)) throw error
          throw new StagingLost(`Guest file ${id} was deleted before all of it arrived`)
        }
      }),
    pieces,
    content: async (id: string, room: Buffer): Promise<void> => {
      let filledBytes = 0
      for await (const piece of pieces(id)) filledBytes += piece.copy(room, filledBytes)
      if (filledBytes !== room.byteLength) throw new StagingLost(`Guest file ${id} lacks a piece`)
    },
    sealPlace: async (id: string, place: UploadPlace): Promise<Buffer> =>
      seal(await keyOf(id), urlContext(id), Buffer.from(JSON.stringify(place))),
    /**
     * null: an earlier version of the gateway stored the URL without its headers. A new URL is then
     * requested.
     */
    openPlace: async (id: string, sealed: Uint8Array): Promise<UploadPlace | null> => {
      const text = open(await keyOf(id), urlContext(id), sealed).toString()
      return text.startsWith('{') ? (JSON.parse(text) as UploadPlace) : null
    },
  }
}

export type Pieces = ReturnType<typeof createPieces>
