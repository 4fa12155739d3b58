import { sql } from 'kysely'

import { auditId } from '../../../domain/audit/audit-details.ts'
import { byGateway, createAuditEntry } from '../../../domain/audit/audit.ts'
import {
  combineBlocks,
  createPageWriter,
  type NumberBlock,
  type NumberPage,
} from '../../../domain/do-not-call/registries/number-page.ts'
import type { Edition } from '../../../domain/do-not-call/registries/registry.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { RegistryWork } from '../../../workflows/ports/do-not-call/registries/registries.ts'
import { appendAudit } from '../../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import type { Keyring } from '../../homes/keyring.ts'
import { faultBeside } from './edition-faults.ts'
import {
  type BlockCursor,
  createBlockCursor,
  type OpenEdition,
  openEditions,
  writePages,
} from './edition-pages.ts'
import { EDITION_COLUMNS, type EditionRow, toEdition } from './edition-row.ts'
import { deletePages } from './left-pages.ts'

type Deps = { database: Database; keyring: Keyring; ids: Ids }

type LoadingRow = EditionRow & {
  runs: number
  final_run: number | null
  base: string | null
  tenant_id: string
  request_id: string
}

/**
 * The run of the merged pages. Runs of the parts are numbered from 1. Run 0 belongs to merges of
 * earlier versions of the gateway, which divided the blocks over pages in another way. An
 * interrupted merge of run 0 is never continued, because its pages would overlap the new ones and
 * hide numbers.
 */
const MERGED = -1
const PAGES_AT_ONCE = 256

/**
 * The block with the lowest prefix, combined from all parts that have it. null: all parts are read
 * to their ends.
 */
const nextTogether = async (parts: readonly BlockCursor[]): Promise<NumberBlock | null> => {
  let prefix = Number.POSITIVE_INFINITY
  for (const { current } of parts)
    if (current !== null && current.prefix < prefix) prefix = current.prefix
  let block: NumberBlock | null = null
  for (const part of parts) {
    if (part.current?.prefix !== prefix) continue
    block = block === null ? part.current : combineBlocks('plus', block, part.current)
    await part.next()
  }
  return block
}

const placeOf = (block: NumberBlock | null): number => block?.prefix ?? Number.POSITIVE_INFINITY

/** Combines two blocks of one prefix. One of them may be null. */
const togetherOf = (
  how: 'plus' | 'minus',
  given: NumberBlock | null,
  kept: NumberBlock | null,
): NumberBlock | null => {
  if (kept === null) return how === 'plus' ? given : null
  return given === null ? kept : combineBlocks(how, kept, given)
}

/**
 * The blocks that the edition has when it is in force. For a full edition: the numbers of its
 * merged parts. For a change: the numbers of the edition that it changes, with the merged numbers
 * added or removed.
 */
async function* blocksTogether(
  parts: readonly BlockCursor[],
  base: BlockCursor | null,
  how: 'plus' | 'minus',
): AsyncGenerator<NumberBlock> {
  let block = await nextTogether(parts)
  while (block !== null || base?.current) {
    const kept = base?.current ?? null
    const isNext = placeOf(block) <= placeOf(kept)
    const combined = togetherOf(
      how,
      isNext ? block : null,
      placeOf(kept) <= placeOf(block) ? kept : null,
    )
    if (placeOf(kept) <= placeOf(block)) await base!.next()
    if (isNext) block = await nextTogether(parts)
    if (combined !== null) yield combined
  }
}

/**
 * Writes the merged pages. Returns how many numbers they have. Pages that another instance has
 * already written stay, because their content is the same. They stay even if that instance was
 * killed.
 */
const merge = async ({ database, keyring }: Deps, row: LoadingRow): Promise<number> => {
  const { db } = database
  const [edition] = await openEditions(db, keyring, [Number(row.number)])
  const bases = row.change === 'full' ? [] : await openEditions(db, keyring, [Number(row.base)])
  const parts: BlockCursor[] = []
  for (let run = 1; run <= row.runs; run += 1)
    parts.push(await createBlockCursor(database, { ...edition!, run }))
  const base = bases[0] === undefined ? null : await createBlockCursor(database, bases[0])
  const into: OpenEdition = { ...edition!, run: MERGED }
  let numbers = 0
  let pages: NumberPage[] = []
  const writer = createPageWriter((page) => pages.push(page))
  const flush = async (): Promise<void> => {
    const lot = pages
    pages = []
    await writePages(database, into, lot)
  }
  for await (const block of blocksTogether(
    parts,
    base,
    row.change === 'remove' ? 'minus' : 'plus',
  )) {
    numbers += block.count
    writer.add(block)
    if (pages.length >= PAGES_AT_ONCE) await flush()
  }
  writer.end()
  await flush()
  return numbers
}

/**
 * Raises the epoch of every tenant that uses the registry. Stores which edition came into force
 * with each epoch.
 */
const raiseEpochs = async (tx: Tx, registry: string, edition: string): Promise<void> => {
  await sql`with raised as (insert into suppression_epoch as s (tenant_id, epoch)
      select tenant_id, 1 from tenant_registry where registry = ${registry} order by tenant_id
      on conflict (tenant_id) do update set epoch = s.epoch + 1 returning tenant_id, epoch)
    insert into registry_switch (tenant_id, epoch, edition) select tenant_id, epoch, ${edition}::bigint from raised`.execute(
    tx,
  )
}

/**
 * Brings the edition into force and raises the epochs in one transaction. If the edition no longer
 * fits the edition in force, it fails instead. The epochs are raised in both cases. Rows in flight
 * are searched for when they are settled (`noteLate`). A later try finds the raised epochs, and its
 * rows are then looked up in the new edition before they are sent. Returns null if another instance
 * was faster.
 */
const switchTo = (deps: Deps, row: LoadingRow, numbers: number, finalRun: number) =>
  inTransaction(deps.database, async (tx) => {
    // Locks the registry first. A transaction in which a tenant begins to use the registry does the
    // same. Therefore either this transaction raises that tenant's epoch, or the tenant finds the
    // new edition.
    const { rows: locked } = await sql<{
      current_edition: string | null
    }>`select current_edition from registry
      where name = ${row.registry} for update`.execute(tx)
    const before = locked[0]!.current_edition
    await raiseEpochs(tx, row.registry, row.number)
    const { baseId, registry, change, asOf } = toEdition(row)
    const fault = await faultBeside(tx, { baseId, registry, change, asOf }, null)
    const { rows } =
      await sql<EditionRow>`update registry_edition e set state = ${fault === null ? 'current' : 'failed'},
        final_run = ${finalRun}, numbers = ${numbers}, base = ${before}::bigint, problem = ${fault?.kind ?? null},
        added = case when ${before}::bigint is null then ${numbers}::bigint end,
        current_at = ${fault === null ? sql`clock_timestamp()` : sql`null`}
      where e.id = ${row.id} and e.state = 'loading' returning ${EDITION_COLUMNS}`.execute(tx)
    // Another instance has already brought the edition into force, or has marked it as failed.
    if (rows[0] === undefined) return null
    const edition = toEdition(rows[0])
    const who = byGateway({ tenantId: row.tenant_id, requestId: row.request_id })
    const outcome = fault === null ? 'ok' : 'failed'
    await appendAudit(tx, [
      createAuditEntry(deps.ids, who, {
        action: 'registry.edition_in_force',
        details: { registry: auditId(row.registry), problem: fault?.kind ?? null },
        object: row.id,
        outcome,
        counts: { numbers },
        digest: row.sha256,
      }),
    ])
    if (fault === null) await putInForce(tx, row, before)
    return { edition, fault }
  })

const putInForce = async (tx: Tx, row: LoadingRow, before: string | null): Promise<void> => {
  await sql`update registry set current_edition = ${row.number}::bigint, version = version + 1, updated_at = clock_timestamp()
    where name = ${row.registry}`.execute(tx)
  await sql`update registry_edition set state = 'replaced' where number = ${before}::bigint`.execute(
    tx,
  )
  await sql`insert into registry_look_back (edition, base) values (${row.number}::bigint, ${before}::bigint)`.execute(
    tx,
  )
}

/**
 * The order in which loaded editions come into force, so that none makes another one fail. A change
 * is accepted only if nothing else is being loaded, so it comes before full editions that were
 * accepted after it. Of full editions, the newest comes last.
 */
const IN_TURN = sql`e.change = 'full', e.as_of, e.loaded_at, e.number`

/**
 * Takes the next edition that is loaded. If several instances work on it, only one brings it into
 * force, and the others get null.
 */
export const createBringIntoForce = (deps: Deps): RegistryWork['bringIntoForce'] => {
  const { db } = deps.database
  return async (): Promise<{
    edition: Edition
    fault: Awaited<ReturnType<typeof faultBeside>>
  } | null> => {
    const { rows } =
      await sql<LoadingRow>`select ${EDITION_COLUMNS}, e.runs, e.final_run, e.base, e.tenant_id, e.request_id
      from registry_edition e where e.state = 'loading' order by ${IN_TURN} limit 1`.execute(db)
    const row = rows[0]
    if (row === undefined) return null
    const { baseId, registry, change, asOf } = toEdition(row)
    const early = await faultBeside(db, { baseId, registry, change, asOf }, null)
    const isWhole = row.final_run !== null || early !== null
    const numbers = isWhole ? Number(row.numbers) : await merge(deps, row)
    const switched = await switchTo(deps, row, numbers, row.final_run ?? MERGED)
    await deletePages(db, Number(row.number), sql`run <> ${row.final_run ?? MERGED}`)
    return switched
  }
}
