import { sql, type RawBuilder } from 'kysely'

import { extensionOf, mentionsOf, type ErasurePlace } from '../../domain/erasures/erasure.ts'
import type { ErasureWork } from '../../workflows/ports/erasures/erasures.ts'
import { inTransaction, type Tx } from '../homes/database.ts'
import { lockErasure, noteDone, type Done } from './erasure-row.ts'
import type { EraseLot, ErasingDeps } from './lots.ts'

/** How many rows one transaction reads. It opens each of them, and most do not change. */
const LOT = 200

type Lot<Row> = {
  place: ErasurePlace
  /**
   * Selects the tenant's rows after `after`, in the order of their key, which is the column `key`.
   * Locks them if `erase` rewrites rows.
   */
  read(tenantId: string, after: string): RawBuilder<Row>
  /** Rewrites the rows that name the person. */
  erase(tx: Tx, deps: ErasingDeps, work: ErasureWork, rows: readonly Row[]): Promise<Done>
  /**
   * Where the step continues after these rows. `next`: the key of the last row. null: there are no
   * more rows. Default: `next`.
   */
  onward?(next: string | null): string | null
}

const inLots =
  <Row extends { key: string }>({
    place,
    read,
    erase,
    onward = (next) => next,
  }: Lot<Row>): EraseLot =>
  (deps, work, after) =>
    inTransaction(deps.database, async (tx) => {
      await lockErasure(tx, work.claim)
      const { rows } = await read(work.erasure.tenantId, after ?? '').execute(tx)
      const next = onward(rows.length < LOT ? null : rows.at(-1)!.key)
      await noteDone(tx, work, place, await erase(tx, deps, work, rows), next)
      return next
    })

/**
 * The new name for a file whose name mentions the person. It keeps only the extension. null: the
 * name does not mention the person.
 */
const namedAnew = ({ subject }: ErasureWork, name: string): string | null =>
  mentionsOf(subject).without(name) === null ? null : `erased${extensionOf(name)}`

/**
 * The step `file_names` takes the uploads first and then the submissions. This prefix marks a
 * position among the submissions.
 */
const SUBMISSIONS = 'submissions '

const eraseSubmissionNames = inLots<{ key: string; name: string }>({
  place: 'file_names',
  onward: (next) => (next === null ? null : `${SUBMISSIONS}${next}`),
  read: (tenantId, after) => sql`select id as key, source ->> 'fileName' as name from dnc_submission
    where tenant_id = ${tenantId} and id > ${after} and source ->> 'fileName' is not null and state <> 'receiving'
    order by id limit ${LOT} for no key update`,
  erase: async (tx, _deps, work, rows) => {
    let erased = 0
    for (const { key, name } of rows) {
      const anew = namedAnew(work, name)
      if (anew === null) continue
      await sql`update dnc_submission set source = source || ${JSON.stringify({ fileName: anew })}::jsonb
        where id = ${key}`.execute(tx)
      erased += 1
    }
    return { found: erased, erased }
  },
})

const eraseUploadNames = inLots<{ key: string; sealed: Buffer }>({
  place: 'file_names',
  onward: (next) => next ?? SUBMISSIONS,
  read: (tenantId, after) => sql`select id as key, file_name as sealed from upload
    where tenant_id = ${tenantId} and id > ${after} and file_name is not null and state <> 'receiving'
    order by id limit ${LOT} for no key update`,
  erase: async (tx, { seals }, work, rows) => {
    let erased = 0
    for (const { key, sealed } of rows) {
      const name = namedAnew(work, seals.openFileName(key, sealed))
      if (name === null) continue
      const anew = seals.sealFileName(key, name)
      await sql`update upload set file_name = ${anew.sealed}, file_name_digest = ${anew.digest} where id = ${key}`.execute(
        tx,
      )
      erased += 1
    }
    return { found: erased, erased }
  },
})

/**
 * Renames the files of uploads and submissions whose names mention the person. The new name is
 * `erased` with the extension of the old one.
 */
export const eraseFileNames: EraseLot = (deps, work, after) =>
  after?.startsWith(SUBMISSIONS) === true
    ? eraseSubmissionNames(deps, work, after.slice(SUBMISSIONS.length))
    : eraseUploadNames(deps, work, after)

type AnswerRow = { key: string; method: string; path: string; key_digest: Buffer; sealed: Buffer }

/** The key of a stored answer, in the order of the primary key. */
const ANSWER_KEY = sql.raw(`method || ' ' || path || ' ' || encode(key_digest, 'hex')`)

export const eraseAnswers = inLots<AnswerRow>({
  place: 'answers',
  read: (
    tenantId,
    after,
  ) => sql`select ${ANSWER_KEY} as key, method, path, key_digest, sealed_body as sealed from idempotency_key
    where tenant_id = ${tenantId} and state = 'done' and ${ANSWER_KEY} collate "C" > ${after}
    order by ${ANSWER_KEY} collate "C" limit ${LOT} for no key update`,
  erase: async (tx, { seals }, work, rows) => {
    const { tenantId } = work.erasure
    const { without } = mentionsOf(work.subject)
    let erased = 0
    for (const { method, path, key_digest: keyDigest, sealed } of rows) {
      const scope = { tenantId, method, path, keyDigest }
      const body = without(seals.openAnswerOf(scope, sealed), { json: true })
      if (body === null) continue
      await sql`update idempotency_key set sealed_body = ${seals.sealAnswerOf(scope, body)}
        where tenant_id = ${tenantId} and method = ${method} and path = ${path} and key_digest = ${keyDigest}`.execute(
        tx,
      )
      erased += 1
    }
    return { found: erased, erased }
  },
})

export const eraseDeliveries = inLots<{ key: string; body: string }>({
  place: 'deliveries',
  read: (tenantId, after) => sql`select id as key, body from sync_delivery
    where tenant_id = ${tenantId} and id > ${after} order by id limit ${LOT} for no key update`,
  erase: async (tx, _deps, work, rows) => {
    const { without } = mentionsOf(work.subject)
    let erased = 0
    for (const { key, body } of rows) {
      const anew = without(body, { json: true })
      if (anew === null) continue
      await sql`update sync_delivery set body = ${anew} where id = ${key}`.execute(tx)
      erased += 1
    }
    return { found: erased, erased }
  },
})

type VersionRow = { key: string; campaign_id: string; version: number; sealed: Buffer }

const VERSION_KEY = sql.raw(`campaign_id || ' ' || lpad(version::text, 10, '0')`)

/**
 * Reports how many versions of segments have rules that name the person. The rules are not
 * rewritten, because other rules would dial other people, and nobody has decided that.
 */
export const reportSegments = inLots<VersionRow>({
  place: 'segments',
  read: (
    tenantId,
    after,
  ) => sql`select ${VERSION_KEY} as key, campaign_id, version, sealed from segment_version
    where tenant_id = ${tenantId} and sealed is not null and ${VERSION_KEY} collate "C" > ${after}
    order by ${VERSION_KEY} collate "C" limit ${LOT}`,
  erase: async (_tx, { seals }, work, rows) => {
    const { without } = mentionsOf(work.subject)
    const naming = rows.filter(({ campaign_id: campaignId, version, sealed }) => {
      const rules = seals.openSegment({ campaignId, version }, sealed)
      return without(rules, { json: true }) !== null
    })
    return { found: naming.length, remains: { segment_rules: naming.length } }
  },
})

type FileRow = { key: string; sealed: Buffer; is_there: boolean; of_contact: string | null }

/**
 * Rewrites the names of the person's guest files. These are the files whose names mention the
 * person. If the erased contact id is also the id of an external contact, all files of that
 * external contact are rewritten too, and the stored id of the external contact is erased. The
 * receipt reports how many of the rewritten files Genesys has.
 */
export const eraseGuestFiles = inLots<FileRow>({
  place: 'guest_files',
  read: (
    tenantId,
    after,
  ) => sql`select id as key, sealed_name as sealed, genesys_file_id is not null as is_there, external_contact_id as of_contact
    from guest_file where tenant_id = ${tenantId} and id > ${after} and state <> 'receiving' order by id limit ${LOT} for no key update`,
  erase: async (tx, { seals }, work, rows) => {
    const { kind, value } = work.subject
    let [found, inGenesys] = [0, 0]
    for (const row of rows) {
      const name = seals.openFileName(row.key, row.sealed)
      const isTheirs = kind === 'contact' && row.of_contact === value
      const anew = isTheirs ? `erased${extensionOf(name)}` : namedAnew(work, name)
      if (anew === null || anew === name) continue
      const { sealed } = seals.sealFileName(row.key, anew)
      await sql`update guest_file set sealed_name = ${sealed}, external_contact_id = case when ${isTheirs} then 'erased' else external_contact_id end
        where id = ${row.key}`.execute(tx)
      found += 1
      if (row.is_there) inGenesys += 1
    }
    return { found, erased: found, remains: { file_in_genesys: inGenesys } }
  },
})
