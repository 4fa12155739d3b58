import { z } from 'zod'

import type { Clock } from '../../lib/clock.ts'
import { seededRandom } from '../../lib/seeded-random.ts'
import type { ListStatus } from '../state/list-store.ts'
import { OPERATIONS, type Operation } from './operations.ts'

const when = {
  operation: z.enum(OPERATIONS).optional(),
  listId: z.string().optional(),
  /** How many times the rule fires in all. Default: no limit, except for `revoke-tokens`. */
  count: z.int().positive().optional(),
  /** The rule ignores the first `after` matching calls. */
  after: z.int().nonnegative().optional(),
  /** The rule fires for every n-th matching call only. */
  every: z.int().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
}
const rule = <const K extends string, S extends z.core.$ZodLooseShape>(kind: K, shape: S) =>
  z.strictObject({ kind: z.literal(kind), ...when, ...shape })

export const faultRuleSchema = z.discriminatedUnion('kind', [
  rule('status', {
    status: z.int().min(400).max(599),
    code: z.string().optional(),
    /** Retry-After: this many seconds, `retryAfterSeconds` as seconds or a date, or no header. */
    retryAfter: z
      .union([z.number().nonnegative(), z.enum(['seconds', 'date', 'none'])])
      .default('none'),
    retryAfterSeconds: z.number().nonnegative().default(1),
  }),
  rule('reset', {}),
  /** No answer. The connection is closed after `holdMs`. Default: the caller must close it. */
  rule('timeout', { holdMs: z.int().positive().optional() }),
  rule('executed-then-timeout', { holdMs: z.int().positive().optional() }),
  rule('executed-then-reset', {}),
  rule('truncated-body', {}),
  /** The call takes effect immediately. Its answer is sent after `delayMs`. */
  rule('slow', { delayMs: z.int().positive() }),
  rule('list-status', {
    listStatus: z.enum(['PROCESSING', 'ERROR']),
    /** How long the list has this status after the plan was set. Default: until the plan ends. */
    forMs: z.int().positive().optional(),
  }),
  rule('reject-rows', {
    contactIds: z.array(z.string()).optional(),
    everyNth: z.int().positive().optional(),
    field: z.string().optional(),
    message: z.string().default('Rejected by the fault plan'),
    /** false: the job counts the failures but names no row, and an import has no events of rows. */
    nameRows: z.boolean().default(true),
  }),
  rule('refuse-batch-containing', {
    contactIds: z.array(z.string()).min(1),
    status: z.int().min(400).max(499).default(400),
    code: z.string().default('invalid.contact.id'),
    /** true: the answer's `errors` name index, contact id and field. */
    nameRows: z.boolean().default(false),
  }),
  /**
   * These fields are silently not stored. Default: all undeclared ones, which normally get a 400.
   */
  rule('drop-fields', { fields: z.array(z.string()).optional() }),
  /** The job ends as `failed`, and changes nothing. */
  rule('job-failed', {}),
  /** All tokens become invalid. Fires once if `count`, `every` and `probability` are absent. */
  rule('revoke-tokens', {}),
  rule('login-throttled', {}),
  /** How long a list is not indexed after the call has made or changed it (guide). */
  rule('provisioning-lag', { lagMs: z.int().nonnegative() }),
  /** Without `operation`, a `callback-…` rule applies to `callback`, `event` and `dnc-event`. */
  rule('callback-lost', {}),
  rule('callback-duplicated', {
    /** How many more times the callback is sent. */
    times: z.int().positive().default(1),
    gapMs: z.int().nonnegative().default(0),
  }),
  /** The callback is sent this long after the end of the job. */
  rule('callback-late', { delayMs: z.int().positive() }),
  /** The callback is sent before the upload call itself is answered, and before its job ends. */
  rule('callback-early', {}),
  /** The callback is held until `behind` other callbacks were sent, but at most for `atMostMs`. */
  rule('callback-out-of-order', {
    behind: z.int().positive().default(1),
    atMostMs: z.int().positive().default(2000),
  }),
  /**
   * One more callback, with `in_progress`, is sent before the job ends. With `afterFinal`, it is
   * sent after the final callback instead.
   */
  rule('callback-progress', { afterFinal: z.boolean().default(false) }),
  /** The callback reports this status, even if the job reports another status. */
  rule('callback-misreported', { status: z.enum(['success', 'error']).default('error') }),
  /** The callback is sent without the token of its URL, or with a wrong token. */
  rule('callback-forged', { how: z.enum(['unsigned', 'forged']).default('forged') }),
  /** The import ends as FAILED with this reason, and nothing is stored (platform). */
  rule('import-failed', { reason: z.string().default('CONTACT_COLUMNS_LIMIT_EXCEEDED') }),
  /** An import that has ended shows in the status this much later. Default: never (platform). */
  rule('import-status-stuck', { forMs: z.int().positive().optional() }),
  /** The file is accepted, but no import begins, so there is no status and no event (platform). */
  rule('import-lost', {}),
  /**
   * One event for all rows that were refused for the same reason. `countGiven` adds
   * `messageParams.count` (platform).
   */
  rule('import-events-aggregated', { countGiven: z.boolean().default(false) }),
  /** The events of an import have this category (platform). */
  rule('import-event-category', {
    category: z.enum(['IMPORT_ERROR', 'CONTACT', 'ENTITY_LIMIT']).default('ENTITY_LIMIT'),
  }),
  /** A clear removes the contacts of the list `lagMs` after the call. Default: never (platform). */
  rule('clear-lag', { lagMs: z.int().nonnegative().optional() }),
  /** Deletions of contacts answer 204 but delete nothing, as for contacts in use (platform). */
  rule('contacts-kept', {}),
  /** How many contacts a list can hold while the plan is in force (platform). */
  rule('list-capacity', { contacts: z.int().nonnegative() }),
  /** How long the index of a campaign takes to rebuild after a write (guide). */
  rule('index-lag', { lagMs: z.int().nonnegative() }),
  /** The campaign rule at this index is refused with 422. `named`: the answer names it (guide). */
  rule('rule-refused', { ruleIndex: z.int().nonnegative(), named: z.boolean().default(true) }),
  /** How long a stopped campaign stays `stopping` (platform). */
  rule('campaign-stopping', { lagMs: z.int().nonnegative() }),
  /**
   * How a negation treats an empty cell. Without this rule: as `fulfils`. With `fails`, an inverted
   * condition leaves out contacts with an empty cell (platform), and NOT of a comparison with an
   * empty cell is unknown, as in a database (guide).
   */
  rule('empty-cells', { reading: z.enum(['fulfils', 'fails']).default('fails') }),
  /**
   * DNC entries get 422 (guide). `named`: how the answer names the refused entries: by number, by
   * place, as a group (`expires`), or not at all.
   */
  rule('dnc-refused', {
    /** The numbers that are refused. Default: every number of the request. */
    numbers: z.array(z.string()).min(1).optional(),
    code: z.string().default('phone.invalid'),
    named: z.enum(['number', 'place', 'group', 'none']).default('number'),
  }),
  /** A 200 with an `error` that names numbers. These numbers are not stored (guide). */
  rule('dnc-entry-errors', {
    numbers: z.array(z.string()).min(1).optional(),
    code: z.string().default('dnc.entry.failed'),
  }),
  /** A 200 whose count of created entries is too high by this number (guide). */
  rule('dnc-tallies-lie', { by: z.int().default(1) }),
  /** The write takes effect but answers 409. Its key stays in progress for this long (guide). */
  rule('dnc-in-progress', { forMs: z.int().nonnegative().default(1_000) }),
  /** A key whose request has ended gets 409 instead of the stored answer (guide). */
  rule('dnc-key-kept', {}),
  /** How long a write of entries takes (guide). */
  rule('dnc-slow', { delayMs: z.int().positive() }),
  /** How many entries a DNC list can hold (platform). */
  rule('dnc-capacity', { entries: z.int().nonnegative() }),
  /** How long Genesys needs to make the export of a DNC list. Default: it never does (platform). */
  rule('dnc-export-lag', { lagMs: z.int().nonnegative().optional() }),
  /** The pre-signed URL has expired when the file arrives, so the answer is 403. */
  rule('presigned-expired', {}),
  /**
   * The scan of a guest file ends with this verdict. `afterMs` counts from the confirmation (guide)
   * or from the PUT (platform). `word` null: the scan never ends.
   */
  rule('guest-file-verdict', {
    word: z.string().nullable(),
    afterMs: z.int().nonnegative().default(0),
  }),
  /** Answers about guest files lack the members in `without`, and have the values in `says`. */
  rule('guest-file-answer', {
    without: z.array(z.string()).default([]),
    says: z.record(z.string(), z.unknown()).default({}),
  }),
  /** Half of a guest file is stored, but the answer reports success. */
  rule('guest-file-cut', {}),
  /** The URL for a guest file has this origin. */
  rule('guest-file-host', { origin: z.string() }),
  /** Calls about message media need a user's token and refuse client credentials (platform). */
  rule('user-token-needed', {}),
  /** How long a message does not show in its conversation (platform). */
  rule('message-hidden', { forMs: z.int().nonnegative() }),
])
export type FaultRule = z.output<typeof faultRuleSchema>
export type FaultKind = FaultRule['kind']
export type FaultOf<K extends FaultKind> = Extract<FaultRule, { kind: K }>

/** The rules in order of precedence. The first rule that fires decides. */
export const faultPlanSchema = z.union([
  z.array(faultRuleSchema).transform((rules) => ({ rules })),
  z.strictObject({
    rules: z.array(faultRuleSchema),
    /**
     * With the same seed and the same calls, the same rules with `probability` fire. Default: the
     * sequence of random numbers continues.
     */
    seed: z.int().optional(),
  }),
])
export type FaultPlan = z.input<typeof faultPlanSchema>

export type FaultTarget = { operation: Operation; listId: string | null }

export type FaultEngine = {
  /** Replaces the plan. Throws ZodError if the new plan is not valid. */
  set(plan: FaultPlan): void
  /** The first rule of these kinds that fires for this call. Counts it as fired. null: none. */
  pick<K extends FaultKind>(
    kinds: readonly K[],
    target: FaultTarget,
    fits?: (rule: FaultOf<K>) => boolean,
  ): FaultOf<K> | null
  /** The status that the plan now gives the list. null: it gives none. */
  listStatus(target: FaultTarget): Exclude<ListStatus, 'READY'> | null
  /**
   * The capacity that the plan gives the list. `listId` null: the capacity from a rule that names
   * no list. Returns null if the plan gives none. Does not count the rule as fired.
   */
  listCapacity(listId: string | null): number | null
  /** How a negation now treats an empty cell. Does not count the rule as fired. */
  emptyCells(): 'fulfils' | 'fails'
  rules(): { rule: FaultRule; fired: number }[]
  /** The seed of the plan. null: it has none. */
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
