import { z } from 'zod'

import type { Clock } from '../../lib/clock.ts'
import { seededRandom } from '../../lib/seeded-random.ts'
import type { ListStatus } from '../state/list-store.ts'
import { OPERATIONS, type Operation } from './operations.ts'

const when = {
  operation: z.enum(OPERATIONS).optional(),
  listId: z.string().optional(),
  /** The rule applies at most `count` times. Default: no limit, except for `revoke-tokens`. */
  count: z.int().positive().optional(),
  /** The rule does not apply to the first `after` calls that match it. */
  after: z.int().nonnegative().optional(),
  /** The rule applies only to every n-th matching call. The count begins after `after` calls. */
  every: z.int().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
}
const rule = <const K extends string, S extends z.core.$ZodLooseShape>(kind: K, shape: S) =>
  z.strictObject({ kind: z.literal(kind), ...when, ...shape })

export const faultRuleSchema = z.discriminatedUnion('kind', [
  rule('status', {
    status: z.int().min(400).max(599),
    code: z.string().optional(),
    /** A number: seconds. `seconds`, `date`: the form of `retryAfterSeconds`. `none`: no header. */
    retryAfter: z
      .union([z.number().nonnegative(), z.enum(['seconds', 'date', 'none'])])
      .default('none'),
    retryAfterSeconds: z.number().nonnegative().default(1),
  }),
  rule('reset', {}),
  /** No answer, no effect. The connection stays open for `holdMs` (default: without limit). */
  rule('timeout', { holdMs: z.int().positive().optional() }),
  rule('executed-then-timeout', { holdMs: z.int().positive().optional() }),
  rule('executed-then-reset', {}),
  rule('truncated-body', {}),
  /** The call takes effect immediately. Its answer is sent after `delayMs`. */
  rule('slow', { delayMs: z.int().positive() }),
  rule('list-status', {
    listStatus: z.enum(['PROCESSING', 'ERROR']),
    /** How long lists show this status after the plan was set. Default: until the next plan. */
    forMs: z.int().positive().optional(),
  }),
  rule('reject-rows', {
    contactIds: z.array(z.string()).optional(),
    everyNth: z.int().positive().optional(),
    field: z.string().optional(),
    message: z.string().default('Rejected by the fault plan'),
    /** false: the job counts these rows but names none, and an import has no events for them. */
    nameRows: z.boolean().default(true),
  }),
  rule('refuse-batch-containing', {
    contactIds: z.array(z.string()).min(1),
    status: z.int().min(400).max(499).default(400),
    code: z.string().default('invalid.contact.id'),
    /** true: `errors` in the answer names each refused row by index, contact id and field. */
    nameRows: z.boolean().default(false),
  }),
  /** The sandbox silently drops these fields. Default: the fields that the list does not have. */
  rule('drop-fields', { fields: z.array(z.string()).optional() }),
  /** The job ends as `failed`, and nothing is stored. */
  rule('job-failed', {}),
  /** Every token becomes invalid. Applies once if `count`, `every` and `probability` are absent. */
  rule('revoke-tokens', {}),
  rule('login-throttled', {}),
  /** How long the sandbox needs to index a list that a call made or changed (guide). */
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
  /** The callback is sent before the job ends. The upload is answered only after this callback. */
  rule('callback-early', {}),
  /** Waits until other callbacks were sent (`behind`: how many), or `atMostMs` have passed. */
  rule('callback-out-of-order', {
    behind: z.int().positive().default(1),
    atMostMs: z.int().positive().default(2000),
  }),
  /**
   * One more callback, with `in_progress`, is sent before the final callback. With `afterFinal`,
   * this callback is sent after the final one.
   */
  rule('callback-progress', { afterFinal: z.boolean().default(false) }),
  /** The callback reports this status, even if the job reports another status. */
  rule('callback-misreported', { status: z.enum(['success', 'error']).default('error') }),
  /** The callback is sent without the token of its URL, or with a wrong token. */
  rule('callback-forged', { how: z.enum(['unsigned', 'forged']).default('forged') }),
  /** The import ends as FAILED with this reason, and nothing is stored (platform). */
  rule('import-failed', { reason: z.string().default('CONTACT_COLUMNS_LIMIT_EXCEEDED') }),
  /** The status shows an import from `forMs` ms after its end. Default: never (platform). */
  rule('import-status-stuck', { forMs: z.int().positive().optional() }),
  /** The file is accepted, but its import never begins: no status and no event (platform). */
  rule('import-lost', {}),
  /**
   * Only one event for all rows that are refused for the same reason. `countGiven` adds the number
   * of these rows as `messageParams.count` (platform).
   */
  rule('import-events-aggregated', { countGiven: z.boolean().default(false) }),
  /** The events of an import have this category (platform). */
  rule('import-event-category', {
    category: z.enum(['IMPORT_ERROR', 'CONTACT', 'ENTITY_LIMIT']).default('ENTITY_LIMIT'),
  }),
  /** A call that clears a list takes effect only after `lagMs`. Default: never (platform). */
  rule('clear-lag', { lagMs: z.int().nonnegative().optional() }),
  /** Deletions and PUTs of contacts are answered, but do nothing (platform). */
  rule('contacts-kept', {}),
  /** A list has room for only this many contacts (platform). */
  rule('list-capacity', { contacts: z.int().nonnegative() }),
  /** How long the sandbox needs to rebuild the index of a campaign after a write (guide). */
  rule('index-lag', { lagMs: z.int().nonnegative() }),
  /** The rule at this index is refused with 422. `named`: the answer names the index (guide). */
  rule('rule-refused', { ruleIndex: z.int().nonnegative(), named: z.boolean().default(true) }),
  /** How long a stopped campaign stays `stopping` (platform). */
  rule('campaign-stopping', { lagMs: z.int().nonnegative() }),
  /**
   * With `fails`, a negated condition (platform: `inverted`, guide: NOT) excludes contacts with an
   * empty cell. In the guide dialect, its result is then unknown, as in a database. With `fulfils`,
   * or without this rule, the condition includes these contacts.
   */
  rule('empty-cells', { reading: z.enum(['fulfils', 'fails']).default('fails') }),
  /**
   * A request with one of these `numbers` is refused with 422 (guide). `named` sets how the answer
   * names the refused entries: by number, by place, as a group (`expires`), or not at all.
   */
  rule('dnc-refused', {
    /** Default: any request is refused, with all of its numbers. */
    numbers: z.array(z.string()).min(1).optional(),
    code: z.string().default('phone.invalid'),
    named: z.enum(['number', 'place', 'group', 'none']).default('number'),
  }),
  /** These `numbers` (default: all) are not stored. The answer is 200, and names them (guide). */
  rule('dnc-entry-errors', {
    numbers: z.array(z.string()).min(1).optional(),
    code: z.string().default('dnc.entry.failed'),
  }),
  /** The answer is 200, but its number of created entries is too high by `by` (guide). */
  rule('dnc-tallies-lie', { by: z.int().default(1) }),
  /** The write takes effect but gets 409. For `forMs`, repeated calls get 409 too (guide). */
  rule('dnc-in-progress', { forMs: z.int().nonnegative().default(1_000) }),
  /** If the key of a finished request is repeated, it gets 409, not the stored answer (guide). */
  rule('dnc-key-kept', {}),
  /** A write takes `delayMs`. While five writes are in progress, a sixth gets 429 (guide). */
  rule('dnc-slow', { delayMs: z.int().positive() }),
  /** A DNC list has room for only this many entries (platform). */
  rule('dnc-capacity', { entries: z.int().nonnegative() }),
  /** The export of a DNC list becomes ready after `lagMs`. Default: never (platform). */
  rule('dnc-export-lag', { lagMs: z.int().nonnegative().optional() }),
  /** A file that is sent to its pre-signed URL gets 403, because the URL has expired. */
  rule('presigned-expired', {}),
  /**
   * `word` is the verdict about a guest file. null: there is never a verdict. `afterMs` counts from
   * the time when the file was confirmed (guide) or stored (platform).
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
  /** Only half of a guest file is stored, but the storage answers 200. */
  rule('guest-file-cut', {}),
  /** The URL for a guest file is at this origin. */
  rule('guest-file-host', { origin: z.string() }),
  /** Calls about message media are refused after a login with client credentials (platform). */
  rule('user-token-needed', {}),
  /** A message appears in its conversation only after a delay of `forMs` (platform). */
  rule('message-hidden', { forMs: z.int().nonnegative() }),
])
export type FaultRule = z.output<typeof faultRuleSchema>
export type FaultKind = FaultRule['kind']
export type FaultOf<K extends FaultKind> = Extract<FaultRule, { kind: K }>

/** The rules in their order. At each point of a call, the first rule that applies counts. */
export const faultPlanSchema = z.union([
  z.array(faultRuleSchema).transform((rules) => ({ rules })),
  z.strictObject({
    rules: z.array(faultRuleSchema),
    /**
     * With the same seed, the same calls get the same faults, even if a rule has a `probability`.
     * Default: the sequence of random numbers continues.
     */
    seed: z.int().optional(),
  }),
])
export type FaultPlan = z.input<typeof faultPlanSchema>

export type FaultTarget = { operation: Operation; listId: string | null }

export type FaultEngine = {
  /** Replaces the plan. Throws ZodError if the new plan is not valid. */
  set(plan: FaultPlan): void
  /** The first rule of these kinds that applies to this call. Counts it as fired. null: none. */
  pick<K extends FaultKind>(
    kinds: readonly K[],
    target: FaultTarget,
    fits?: (rule: FaultOf<K>) => boolean,
  ): FaultOf<K> | null
  /** The status that the plan now gives the list. null: it gives none. */
  listStatus(target: FaultTarget): Exclude<ListStatus, 'READY'> | null
  /**
   * The capacity that the plan gives the list. `listId` null: only rules that name no list count.
   * Returns null if the plan gives no capacity. Does not count the rule as fired.
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

/** Has no rules until `set`. `random` decides about a `probability` if the plan has no `seed`. */
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
