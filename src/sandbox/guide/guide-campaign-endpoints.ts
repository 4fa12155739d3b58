import { z } from 'zod'

import type { Call, Endpoint, SandboxState } from '../server/endpoint.ts'
import { type Answer, Refusal } from '../server/refusal.ts'
import type { GuideRule, StoredCampaign } from '../state/campaigns/campaigns.ts'
import { describeCampaign } from '../state/campaigns/describe-campaign.ts'
import {
  evaluateExpression,
  type EmptyCellReading,
  ExpressionRefused,
  readExpression,
  type RuleExpression,
} from './rule-expressions.ts'

const RULE_CHARS = 2_048
const MOST_RULES = 50

const action = z.strictObject({ type: z.enum(['include', 'exclude']) })
const filter = z.strictObject({ type: z.enum(['list', 'contact']), expression: z.string().min(1) })
const ruleSchema = z.strictObject({
  type: z.enum(['list', 'contact']),
  expression: z.string().min(1).optional(),
  filter,
  actions: z.array(action).length(1),
})
const patchSchema = z.strictObject({
  rules: z.array(ruleSchema).min(1),
  contactFilters: z.array(ruleSchema).min(1),
  dialingMode: z.string().optional(),
  useOnlyOnce: z.boolean().optional(),
})

const refuseRule = (index: number, reason: string, named = true): never => {
  const errors = named ? [{ index, code: 'rule.invalid', message: reason }] : []
  throw new Refusal(422, 'rules.invalid', 'A rule is not valid.', { members: { errors } })
}

const expressionOf = (rule: GuideRule, index: number): RuleExpression => {
  const { expression } = rule.filter
  if (expression.length > RULE_CHARS) refuseRule(index, 'The expression is too long.')
  try {
    return readExpression(expression)
  } catch (error) {
    if (error instanceof ExpressionRefused) return refuseRule(index, error.message)
    throw error
  }
}

const namesIn = (expression: RuleExpression): string[] => {
  if ('name' in expression) return [expression.name]
  return expression.kind === 'not'
    ? namesIn(expression.part)
    : expression.parts.flatMap((part) => namesIn(part))
}

/** The ids of the lists that the rules of the type `list` name. */
export const listsOfRules = (rules: readonly GuideRule[]): string[] =>
  rules.flatMap(({ type, filter: { expression } }) => {
    if (type !== 'list') return []
    const read = readExpression(expression)
    return read.kind === 'compare' && read.name === 'listId' ? [String(read.literal)] : []
  })

const assertRules = (state: SandboxState, rules: readonly GuideRule[]): void => {
  if (rules.length > MOST_RULES) {
    throw new Refusal(422, 'rules.too.many', `At most ${MOST_RULES} rules.`)
  }
  const expressions = rules.map(expressionOf)
  const lists = listsOfRules(rules).map((id) => state.lists.get(id))
  if (lists.length === 0) throw new Refusal(422, 'rules.invalid', 'No rule includes a list.')
  rules.forEach(({ type }, index) => {
    if (type === 'list') return
    for (const name of namesIn(expressions[index]!)) {
      const known = lists.every(({ fields }) => fields.some((field) => field.name === name))
      if (!known) refuseRule(index, `Attribute ${name} is not one of every list.`)
    }
  })
}

/**
 * Whether the rules dial a contact of one of their lists. Includes are joined by AND, and an
 * exclude overrides them. An unknown result does not count as true.
 */
export const guideDials = (
  rules: readonly GuideRule[],
  cellOf: (name: string) => string | undefined,
  reading: EmptyCellReading,
): boolean => {
  const of = (type: 'include' | 'exclude'): boolean[] =>
    rules
      .filter((rule) => rule.type === 'contact' && rule.actions[0]?.type === type)
      .map(({ filter: { expression } }) =>
        Boolean(evaluateExpression(readExpression(expression), cellOf, reading)),
      )
  return !of('include').includes(false) && !of('exclude').includes(true)
}

const patch = (state: SandboxState, call: Call): Answer => {
  const campaign = state.campaigns.get(call.params['campaignId'] ?? '')
  const parsed = patchSchema.safeParse(call.body)
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? ''
    throw new Refusal(400, 'invalid.body', `The body is not valid at ${path}.`)
  }
  if (state.clock.monotonicMs() < campaign.indexedAtMs) {
    throw new Refusal(409, 'index.rebuilding', 'The index of the campaign rebuilds.')
  }
  const { rules, contactFilters, dialingMode, useOnlyOnce } = parsed.data
  if (JSON.stringify(rules) !== JSON.stringify(contactFilters)) {
    throw new Refusal(400, 'invalid.body', 'rules and contactFilters differ.')
  }
  const refused = state.faults.pick(['rule-refused'], call)
  if (refused) refuseRule(refused.ruleIndex, 'Refused by the fault plan.', refused.named)
  assertRules(state, rules)
  apply(state, call, campaign, { rules, dialingMode, useOnlyOnce })
  return { status: 200, body: describeCampaign(state, campaign) }
}

const apply = (
  state: SandboxState,
  call: Call,
  campaign: StoredCampaign,
  change: {
    rules: GuideRule[]
    dialingMode: string | undefined
    useOnlyOnce: boolean | undefined
  },
): void => {
  campaign.rules = change.rules
  campaign.dialingMode = change.dialingMode ?? campaign.dialingMode
  campaign.useOnlyOnce = change.useOnlyOnce ?? campaign.useOnlyOnce
  campaign.version += 1
  campaign.writes += 1
  const lagMs = state.faults.pick(['index-lag'], call)?.lagMs ?? state.provisioningLagMs
  campaign.indexedAtMs = state.clock.monotonicMs() + lagMs
}

/** Campaigns of the guide dialect. The call that reads a campaign is shared with the platform. */
export const guideCampaignEndpoints = (state: SandboxState): Endpoint[] => [
  {
    method: 'PATCH',
    path: '/api/v2/outbound/campaigns/:campaignId',
    operation: 'campaign-write',
    dialect: 'guide',
    handle: (call) => patch(state, call),
  },
]
