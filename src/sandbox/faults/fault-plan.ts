import { z } from 'zod'

import type { Clock } from '../../lib/clock.ts'
import { seededRandom } from '../../lib/seeded-random.ts'
import type { ListStatus } from '../state/list-store.ts'
import { OPERATIONS, type Operation } from './operations.ts'

const when = {
  operation: z.enum(OPERATIONS).optional(),
  listId: z.string().optional(),
  /** Fires this many times, then never again. */
  count: z.int().positive().optional(),
  /** The first `after` matching calls are spared. */
  after: z.int().nonnegative().optional(),
  /** Every n-th matching call. */
  every: z.int().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
}
const rule = <const K extends string, S extends z.core.$ZodLooseShape>(kind: K, shape: S) =>
  z.strictObject({ kind: z.literal(kind), ...when, ...shape })

export const faultRuleSchema = z.discriminatedUnion('kind', [
  rule('status', {
    status: z.int().min(400).max(599),
    code: z.string().optional(),
    /** A number is that many seconds; 'seconds' and 'date' use `retryAfterSeconds`. */
    retryAfter: z
      .union([z.number().nonnegative(), z.enum(['seconds', 'date', 'none'])])
      .default('none'),
    retryAfterSeconds: z.number().nonnegative().default(1),
  }),
  rule('reset', {}),
  /** Without `holdMs` the connection is held until the caller gives up. */
  rule('timeout', { holdMs: z.int().positive().optional() }),
  rule('executed-then-timeout', { holdMs: z.int().positive().optional() }),
  rule('executed-then-reset', {}),
  rule('truncated-body', {}),
  /** Executed at once, answered after `delayMs`. */
  rule('slow', { delayMs: z.int().positive() }),
  rule('list-status', {
    listStatus: z.enum(['PROCESSING', 'ERROR']),
    /** From the setting of the plan on; absent = until the plan is replaced. */
    forMs: z.int().positive().optional(),
  }),
  rule('reject-rows', {
    contactIds: z.array(z.string()).optional(),
    everyNth: z.int().positive().optional(),
    field: z.string().optional(),
    message: z.string().default('Rejected by the fault plan'),
    /** false: the job counts failures and names no row; an import has no event of them. */
    nameRows: z.boolean().default(true),
  }),
  rule('refuse-batch-containing', {
    contactIds: z.array(z.string()).min(1),
    status: z.int().min(400).max(499).default(400),
    code: z.string().default('invalid.contact.id'),
    /** true: the answer's `errors` name index, contact id and field. */
    nameRows: z.boolean().default(false),
  }),
  /** Without `fields`: undeclared ones, which are otherwise a 400. */
  rule('drop-fields', { fields: z.array(z.string()).optional() }),
  /** The job ends as `failed`, nothing is stored. */
  rule('job-failed', {}),
  /** Fires once unless `count`, `every` or `probability` says otherwise. */
  rule('revoke-tokens', {}),
  rule('login-throttled', {}),
  /** How long a list made or changed by the call is not indexed (guide). */
  rule('provisioning-lag', { lagMs: z.int().nonnegative() }),
  /** The `callback-…` kinds are about calls out, `callback`, `event` and `dnc-event` alike unless `operation` names one. */
  rule('callback-lost', {}),
  rule('callback-duplicated', {
    /** Sent this many times more. */
    times: z.int().positive().default(1),
    gapMs: z.int().nonnegative().default(0),
  }),
  /** Sent this long after the job was done. */
  rule('callback-late', { delayMs: z.int().positive() }),
  /** Sent before the upload call itself is answered, and before its job is done. */
  rule('callback-early', {}),
  /** Held back until `behind` others were sent, at most `atMostMs`. */
  rule('callback-out-of-order', {
    behind: z.int().positive().default(1),
    atMostMs: z.int().positive().default(2000),
  }),
  /** One more with `in_progress`, before the job is done or after the final one. */
  rule('callback-progress', { afterFinal: z.boolean().default(false) }),
  /** Says this whatever the job says. */
  rule('callback-misreported', { status: z.enum(['success', 'error']).default('error') }),
  /** Sent without the token of its URL, or with another one. */
  rule('callback-forged', { how: z.enum(['unsigned', 'forged']).default('forged') }),
  /** The import ends as FAILED with this reason, nothing is stored (platform). */
  rule('import-failed', { reason: z.string().default('CONTACT_COLUMNS_LIMIT_EXCEEDED') }),
  /** The import status goes on showing the one before for so long after the end; absent = for good (platform). */
  rule('import-status-stuck', { forMs: z.int().positive().optional() }),
  /** The file is taken, and no import of it ever begins: no status, no event (platform). */
  rule('import-lost', {}),
  /** All rows of an import that are refused for one reason make one event; `messageParams.count` tells how many only where `countGiven` (platform). */
  rule('import-events-aggregated', { countGiven: z.boolean().default(false) }),
  /** The events of an import stand under this category (platform). */
  rule('import-event-category', {
    category: z.enum(['IMPORT_ERROR', 'CONTACT', 'ENTITY_LIMIT']).default('ENTITY_LIMIT'),
  }),
  /** A clear is answered at once and takes effect after `lagMs`, on what the list holds then; absent = never (platform). */
  rule('clear-lag', { lagMs: z.int().nonnegative().optional() }),
  /** A deletion of contacts is answered 204 and deletes nothing, as of contacts that a campaign uses (platform). */
  rule('contacts-kept', {}),
  /** A list has room for so many contacts, from the setting of the plan on (platform). */
  rule('list-capacity', { contacts: z.int().nonnegative() }),
  /** How long the index of a campaign rebuilds after a write (guide). */
  rule('index-lag', { lagMs: z.int().nonnegative() }),
  /** The rule at this index is refused with 422; the answer names it (guide). */
  rule('rule-refused', { ruleIndex: z.int().nonnegative(), named: z.boolean().default(true) }),
  /** How long a campaign that is stopped stays `stopping` (platform). */
  rule('campaign-stopping', { lagMs: z.int().nonnegative() }),
  /**
   * What a negation makes of an empty cell; `fulfils` unless told. `fails`: an inverted condition leaves it out (platform), and NOT over it
   * is unknown, as a database reads it (guide).
   */
  rule('empty-cells', { reading: z.enum(['fulfils', 'fails']).default('fails') }),
  /** Entries of a DNC list are refused with 422: named by number, by place, as a group (`expires`), or not at all (guide). */
  rule('dnc-refused', {
    /** Absent: every number of the request. */
    numbers: z.array(z.string()).min(1).optional(),
    code: z.string().default('phone.invalid'),
    named: z.enum(['number', 'place', 'group', 'none']).default('number'),
  }),
  /** A 200 whose `error` names numbers that were not stored (guide). */
  rule('dnc-entry-errors', {
    numbers: z.array(z.string()).min(1).optional(),
    code: z.string().default('dnc.entry.failed'),
  }),
  /** The tallies of a 200 count so many more as created than there were (guide). */
  rule('dnc-tallies-lie', { by: z.int().default(1) }),
  /** The write takes effect and is answered 409; its key is in progress for so long (guide). */
  rule('dnc-in-progress', { forMs: z.int().nonnegative().default(1_000) }),
  /** A key whose request has ended is answered 409 instead of with the answer that is kept (guide). */
  rule('dnc-key-kept', {}),
  /** A write of entries stays under way for so long (guide). */
  rule('dnc-slow', { delayMs: z.int().positive() }),
  /** So many entries fit into a DNC list (platform). */
  rule('dnc-capacity', { entries: z.int().nonnegative() }),
  /** The export of a DNC list is made so late; absent: never (platform). */
  rule('dnc-export-lag', { lagMs: z.int().nonnegative().optional() }),
  /** The pre-signed URL is expired when the file comes: 403. */
  rule('presigned-expired', {}),
  /** The scan of a guest file says this, so long after the confirmation (platform: of media, after they were put); null: never. */
  rule('guest-file-verdict', {
    word: z.string().nullable(),
    afterMs: z.int().nonnegative().default(0),
  }),
  /** Answers about guest files lack members, or say other words. */
  rule('guest-file-answer', {
    without: z.array(z.string()).default([]),
    says: z.record(z.string(), z.unknown()).default({}),
  }),
  /** Half of a guest file is stored, and the storage says that all went well. */
  rule('guest-file-cut', {}),
  /** The URL for a guest file is at this origin. */
  rule('guest-file-host', { origin: z.string() }),
  /** Calls about media of messages are refused to client credentials: they ask for the token of a user (platform). */
  rule('user-token-needed', {}),
  /** A message shows in its conversation so late (platform). */
  rule('message-hidden', { forMs: z.int().nonnegative() }),
])
export type FaultRule = z.output<typeof faultRuleSchema>
export type FaultKind = FaultRule['kind']
export type FaultOf<K extends FaultKind> = Extract<FaultRule, { kind: K }>

/** Rules in order of precedence: the first that fires decides. */
export const faultPlanSchema = z.union([
  z.array(faultRuleSchema).transform((rules) => ({ rules })),
  z.strictObject({
    rules: z.array(faultRuleSchema),
    /** The same seed and the same calls make the same rules with `probability` fire. Without it the dice of the start go on. */
    seed: z.int().optional(),
  }),
])
export type FaultPlan = z.input<typeof faultPlanSchema>

export type FaultTarget = { operation: Operation; listId: string | null }

export type FaultEngine = {
  /** Replaces the plan; throws ZodError on an unknown kind or member. */
  set(plan: FaultPlan): void
  /** The first rule of these kinds that fires for this call, and counts as fired. */
  pick<K extends FaultKind>(
    kinds: readonly K[],
    target: FaultTarget,
    fits?: (rule: FaultOf<K>) => boolean,
  ): FaultOf<K> | null
  /** The status that the plan gives a list now, else null. */
  listStatus(target: FaultTarget): Exclude<ListStatus, 'READY'> | null
  /** The capacity that the plan gives a list, or any list (null), now; else null. It is a state and does not count as fired. */
  listCapacity(listId: string | null): number | null
  /** What a negation makes of an empty cell now; a state, as the capacity is. */
  emptyCells(): 'fulfils' | 'fails'
  rules(): { rule: FaultRule; fired: number }[]
  /** The plan's own seed; null where it gave none. */
  seed(): number | null
}

type ArmedRule = { rule: FaultRule; seen: number; fired: number; setAtMs: number }

const limitOf = (rule: FaultRule): number =>
  rule.count ??
  (rule.kind === 'revoke-tokens' && !rule.every && rule.probability === undefined ? 1 : Infinity)

const capacityIn = (armed: readonly ArmedRule[], listId: string | null): number | null => {
  for (const { rule } of armed) {
    const isOfList = (rule.listId ?? listId) === listId
    if (rule.kind === 'list-capacity' && isOfList) return rule.contacts
  }
  return null
}

const emptyCellsIn = (armed: readonly ArmedRule[]): 'fulfils' | 'fails' => {
  for (const { rule } of armed) if (rule.kind === 'empty-cells') return rule.reading
  return 'fulfils'
}

export const createFaultEngine = (deps: {
  clock: Clock
  random: () => number
  fired: (kind: FaultKind) => void
}): FaultEngine => {
  let armed: ArmedRule[] = []
  let seed: number | null = null
  let { random } = deps
  const fires = (entry: ArmedRule): boolean => {
    const { rule } = entry
    if (entry.fired >= limitOf(rule)) return false
    entry.seen += 1
    const turn = entry.seen - (rule.after ?? 0)
    if (turn <= 0 || turn % (rule.every ?? 1) !== 0) return false
    if (rule.probability !== undefined && random() >= rule.probability) return false
    entry.fired += 1
    deps.fired(rule.kind)
    return true
  }
  const matches = (rule: FaultRule, target: FaultTarget): boolean =>
    (rule.operation === undefined || rule.operation === target.operation) &&
    (rule.listId === undefined || rule.listId === target.listId)
  return {
    set: (plan) => {
      const setAtMs = deps.clock.monotonicMs()
      const parsed = faultPlanSchema.parse(plan)
      armed = parsed.rules.map((rule) => ({ rule, seen: 0, fired: 0, setAtMs }))
      seed = ('seed' in parsed ? parsed.seed : undefined) ?? null
      random = seed === null ? deps.random : seededRandom(seed)
    },
    pick: <K extends FaultKind>(
      kinds: readonly K[],
      target: FaultTarget,
      fits?: (rule: FaultOf<K>) => boolean,
    ) => {
      const wanted: readonly FaultKind[] = kinds
      for (const entry of armed) {
        if (!wanted.includes(entry.rule.kind) || !matches(entry.rule, target)) continue
        const rule = entry.rule as FaultOf<K>
        if ((!fits || fits(rule)) && fires(entry)) return rule
      }
      return null
    },
    listStatus: (target) => {
      const now = deps.clock.monotonicMs()
      for (const entry of armed) {
        const { rule } = entry
        if (rule.kind !== 'list-status' || !matches(rule, target)) continue
        if (rule.forMs !== undefined && now - entry.setAtMs >= rule.forMs) continue
        if (fires(entry)) return rule.listStatus
      }
      return null
    },
    listCapacity: (listId) => capacityIn(armed, listId),
    emptyCells: () => emptyCellsIn(armed),
    rules: () => armed.map(({ rule, fired }) => ({ rule, fired })),
    seed: () => seed,
  }
}
