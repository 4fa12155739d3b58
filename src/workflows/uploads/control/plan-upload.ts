import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
import type { ChosenQueue } from '../../../domain/contact-lists/queue-options.ts'
import type { NewChunk } from '../../../domain/uploads/chunk.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'
import type { UploadPlan } from '../../../domain/uploads/upload.ts'
import type { IntakeResult } from '../../../intake/contract.ts'
import { hasBit } from '../../../lib/bitmap.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import { createJoinedBytes } from '../../../lib/memory-bytes.ts'
import type { TextContentHashes } from '../../delivery/content-hashes.ts'
import { maySkip, skipCodeOf } from '../../delivery/skip-rule.ts'
import { IN_REGISTER } from '../../ports/delivery/compare-contacts.ts'
import type { DeliveryStore } from '../../ports/delivery/delivery.ts'

export type PlanDeps = {
  register: Pick<DeliveryStore, 'openComparison' | 'knowsMore'>
  contentHashes: TextContentHashes
}

/** Counts, chunk by chunk, the expected effect of delivering the rows. */
export type PlanTally = {
  /**
   * Looks up the chunk's rows in the register, now or together with later chunks. Keeps one byte
   * for each row, and memory for the digests of `ROWS_AT_ONCE` rows. The comparison with the
   * register may keep more. Await each call before the next: they share this memory.
   */
  look(chunk: NewChunk): Promise<void>
  /** Returns the plan. Call it after every chunk was passed to `look`. */
  total(result: Pick<IntakeResult, 'leftOut' | 'counts'>): Promise<UploadPlan>
}

/**
 * How many rows are looked up together. The number is high, because a look-up may scan the whole
 * register. It is not higher, because the digests of each waiting row take 32 bytes of memory.
 */
const ROWS_AT_ONCE = 100_000

/** What is expected of a row. A row that was not found creates its contact. */
const EXPECTED = { creates: 0, updates: 1, unchanged: 2 } as const

/** Counts the rows that are not left out, by what is expected of them. */
const countKept = (
  expected: Uint8Array,
  leftOut: Buffer | undefined,
  counted: Uint32Array,
): void => {
  for (let row = 0; row < expected.length; row += 1) {
    if (leftOut === undefined || !hasBit(leftOut, row)) counted[expected[row]!]! += 1
  }
}

type About = {
  tenantId: string
  list: ContactList
  options: UploadOptions
  queue: ChosenQueue | null
}

/** What is expected of a row that the register has. `isSame`: with the same content. */
const expectedOf = (options: UploadOptions, mayStay: boolean, isSame: boolean): number =>
  mayStay && skipCodeOf(options.duplicates, isSame) !== null ? EXPECTED.unchanged : EXPECTED.updates

/**
 * Makes the plan of an upload from the register, while the rows stream in. The register knows which
 * rows this gateway has delivered. It does not know which contacts other clients put into the list,
 * or what earlier uploads will still deliver before this upload is sent. An overwrite creates every
 * contact again.
 */
export const createPlanTally = (deps: PlanDeps, about: About): PlanTally => {
  const { tenantId, list, options, queue } = about
  const columns = list.columns.map(({ name }) => name)
  const compare = deps.register.openComparison(tenantId, list.id)
  const seen = new Map<number, Uint8Array>()
  let skipping: Promise<boolean> | null = null

  let waiting: Uint8Array[] = []
  let rows = 0
  const idDigests = createJoinedBytes()
  const contents = createJoinedBytes()

  const lookUp = async (): Promise<void> => {
    const lot = waiting
    waiting = []
    const [ids, hashes] = [idDigests.take(), contents.take()]
    const compared = hashes.byteLength === rows * DIGEST_BYTES ? hashes : null
    rows = 0
    const mayStay = (await skipping) ?? false
    const found = await compare(ids, compared)
    const same = expectedOf(options, mayStay, true)
    const other = expectedOf(options, mayStay, false)
    let at = 0
    for (const expected of lot) {
      for (let row = 0; row < expected.length; row += 1, at += 1) {
        const known = found[at]
        if (known !== IN_REGISTER.nothing) expected[row] = known === IN_REGISTER.same ? same : other
      }
    }
  }
  const add = async (chunk: NewChunk, expected: Uint8Array): Promise<void> => {
    skipping ??= maySkip(deps.register, list, options)
    // Contents are compared only if a row with the same content would not be sent.
    const needed = (await skipping) && options.duplicates === 'update'
    if (needed) contents.add(deps.contentHashes(chunk, columns))
    idDigests.add(chunk.idDigests)
    waiting.push(expected)
    rows += expected.length
    if (rows >= ROWS_AT_ONCE) await lookUp()
  }
  return {
    look: async (chunk) => {
      const expected = new Uint8Array(chunk.lines.length)
      seen.set(chunk.seq, expected)
      if (options.mode === 'append' && expected.length > 0) await add(chunk, expected)
    },
    total: async ({ leftOut, counts }) => {
      if (waiting.length > 0) await lookUp()
      const { suppressed } = counts
      const counted = new Uint32Array(Object.keys(EXPECTED).length)
      for (const [seq, expected] of seen) countKept(expected, leftOut.get(seq), counted)
      const plan = {
        creates: counted[EXPECTED.creates]!,
        updates: counted[EXPECTED.updates]!,
        unchanged: counted[EXPECTED.unchanged]!,
        suppressed,
        notDialledAgain: null,
      }
      if (queue === null) return plan
      return { ...plan, notDialledAgain: queue.doNotQueue ? plan.updates : 0 }
    },
  }
}
