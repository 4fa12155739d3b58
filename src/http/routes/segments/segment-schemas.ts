import { z } from 'zod'

import { count, stamp } from '../../../domain/answers/answer-values.ts'
import { SEGMENT_EVENT_TYPES } from '../../../domain/endpoints/outbound-event.ts'
import { genesysIdSchema } from '../../../domain/ids/ids.ts'
import { FINDING_SEVERITIES, type FindingCode } from '../../../domain/segments/analysis/finding.ts'
import {
  MATCH_BASES,
  SEGMENT_HOLD_REASONS,
  SEGMENT_STATES,
} from '../../../domain/segments/campaign-segment.ts'
import { ACTIVATIONS, DIALING_MODES, OPERATORS } from '../../../domain/segments/segment.ts'
import { cursorSchema, limitUpTo } from '../../server/schemas.ts'

export const campaignParamsSchema = z.strictObject({ campaignId: genesysIdSchema })

const COMPARISON = {
  type: 'object',
  required: ['attribute', 'operator'],
  properties: {
    attribute: { type: 'string', description: 'A column that all lists of the definition have' },
    operator: { type: 'string', enum: OPERATORS },
    value: {
      type: ['string', 'number'],
      description:
        'The value to compare with. The JSON type of the value decides how the gateway compares. `in` and `between` do not have a `value`',
    },
    values: {
      type: 'array',
      items: { type: ['string', 'number'] },
      minItems: 1,
      maxItems: 1_000,
      description: 'Values to compare with. Only with `in`',
    },
    min: {
      type: 'number',
      description: 'Lower bound of `between`. You may leave out one of the two bounds',
    },
    max: { type: 'number' },
    minInclusive: { type: 'boolean', default: true },
    maxInclusive: { type: 'boolean', default: true },
  },
}
const NODE = {
  description:
    'A comparison, or a node that contains nodes: {"all":[…]}, {"any":[…]} or {"not":…}. At most 8 levels and 200 comparisons',
  anyOf: [
    COMPARISON,
    { type: 'object', required: ['all'], properties: { all: { type: 'array', minItems: 1 } } },
    { type: 'object', required: ['any'], properties: { any: { type: 'array', minItems: 1 } } },
    { type: 'object', required: ['not'], properties: { not: { type: 'object' } } },
  ],
}
const COMMON = {
  dialingMode: {
    type: ['string', 'null'],
    enum: [...DIALING_MODES, null],
    description:
      'The dialling mode of the campaign. In the guide dialect, the gateway sends the mode together with the rules. If `dialingMode` is null or left out, the gateway sends no mode. In the platform dialect, the gateway refuses a mode (`capability-not-available`)',
  },
  useOnlyOnce: {
    type: ['boolean', 'null'],
    description:
      'Whether the campaign uses each contact only once. In the guide dialect, the gateway sends this setting together with the rules. If `useOnlyOnce` is null or left out, the gateway does not send the setting. In the platform dialect, the gateway refuses true and false (`capability-not-available`)',
  },
  activation: {
    type: 'string',
    enum: ACTIVATIONS,
    default: 'keep',
    description:
      'In the platform dialect: with `keep`, the gateway refuses the call while the campaign runs. With `restart`, the gateway stops the campaign for the change and then starts it again. In the guide dialect, the gateway ignores `activation`',
  },
  confirm: {
    type: ['string', 'null'],
    description: 'The `analysis.digest` from the answer that required a confirmation',
  },
}
const LIST_IDS = { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 100 }

/**
 * The form of a definition, only for the API document. `readDefinition` checks definitions and
 * reports every fault with its place.
 */
export const definitionSchema = z.unknown().meta({
  anyOf: [
    {
      type: 'object',
      required: ['contactListIds'],
      properties: {
        contactListIds: LIST_IDS,
        conditions: { anyOf: [NODE, { type: 'null' }] },
        exclusions: { type: 'array', items: NODE },
        ...COMMON,
      },
    },
    {
      type: 'object',
      description: 'The short form',
      required: ['listIds'],
      properties: {
        listIds: LIST_IDS,
        primaryListId: { type: 'string' },
        demographicMatrix: { type: 'object' },
        exclusionRules: { type: 'array', items: COMPARISON },
        ...COMMON,
      },
    },
  ],
})

export const rollbackSchema = z.strictObject({
  version: z
    .int()
    .min(1)
    .max(2_147_483_647)
    .describe(
      'The number of an earlier version. The new version gets the rules of this earlier version',
    ),
  confirm: z.string().min(1).max(100).nullable().default(null).describe(COMMON.confirm.description),
})

export const versionsQuerySchema = z.strictObject({
  cursor: cursorSchema.optional(),
  limit: limitUpTo(100, 20),
})

const findingSchema = z.strictObject({
  code: z.enum(Object.keys(FINDING_SEVERITIES) as [FindingCode, ...FindingCode[]]),
  severity: z
    .enum(['error', 'warning', 'info'])
    .describe('`error`: the definition needs a confirmation'),
  path: z.string().describe('JSON pointer to the place in the definition'),
  otherPath: z
    .string()
    .optional()
    .describe('JSON pointer to the other rule that the finding is about'),
  detail: z.string(),
  witness: z
    .record(z.string(), z.string())
    .optional()
    .describe('A made-up contact that shows the finding'),
  paths: z
    .array(z.string())
    .optional()
    .describe(
      'Rules that together cause the finding. If you remove one of these rules, the finding disappears',
    ),
})

const analysisSchema = z.strictObject({
  digest: z.string().describe('If the segment needs a confirmation, send this digest as `confirm`'),
  findings: z.array(findingSchema),
  matches: z
    .strictObject({
      basis: z
        .enum(MATCH_BASES)
        .describe(
          '`preview`: Genesys counted. `rows`: the gateway counted the contacts that it delivered. `sample`: the gateway counted a sample of these contacts',
        ),
      coverage: z
        .number()
        .min(0)
        .max(1)
        .nullable()
        .describe(
          'The share of the delivered contacts that was counted, from 0 (none) to 1 (all). Always 1 if `basis` is `preview`. null: unknown',
        ),
      total: count,
      selected: count.describe('Contacts that the campaign dials'),
      excluded: count,
      byExclusion: z
        .array(z.strictObject({ path: z.string(), removed: count }))
        .describe(
          'How many contacts each exclusion removes. If several exclusions remove a contact, the contact counts only for the first of these exclusions',
        ),
      overlaps: z.array(z.strictObject({ path: z.string(), otherPath: z.string(), count })),
    })
    .nullable()
    .describe('null: nothing could be counted'),
  change: z
    .strictObject({
      enter: count,
      leave: count,
      doNotCall: count
        .nullable()
        .describe('How many of the contacts in `enter` must not be called. null: unknown'),
    })
    .nullable()
    .describe(
      'How many contacts enter and leave the selection, compared with the version in force. null: no version is in force, or the change could not be counted',
    ),
})

const houseSchema = z
  .array(z.looseObject({ by: z.literal('house'), attribute: z.string() }))
  .describe('The exclusions that the operator has set for every segment (SEGMENT_EXCLUSIONS)')

const understood = {
  campaignId: z.string(),
  definition: z.unknown().meta({ description: 'The definition as it was sent' }),
  house: houseSchema,
  ruleCount: count.describe('Number of rules that Genesys gets'),
  analysis: analysisSchema,
  compiled: z
    .record(z.string(), z.unknown())
    .meta({ description: 'The definition as Genesys gets it' }),
}

export const segmentPreviewSchema = z.strictObject({
  ...understood,
  needsConfirm: z
    .array(z.enum(['unsatisfiable', 'swallowed-by-exclusion', 'change-past-share']))
    .describe('Why the definition needs a confirmation. Empty: no confirmation is needed'),
})

export const segmentSchema = z.strictObject({
  ...understood,
  version: count.describe(
    'The number of this version, which is also the ETag. Each PUT and each rollback makes a new version',
  ),
  state: z
    .enum(SEGMENT_STATES)
    .describe(
      '`index_pending`: Genesys has the rules, but the index of the campaign is not ready yet',
    ),
  hold: z
    .strictObject({ reason: z.enum(SEGMENT_HOLD_REASONS), since: stamp })
    .nullable()
    .describe(
      'The reason why the version is held. Only `campaign_refused` needs a call to `/resume`',
    ),
  waitingFor: z.enum(['index', 'campaign']).nullable(),
  indexStatus: z
    .enum(['ready', 'processing'])
    .nullable()
    .describe(
      'In the guide dialect: whether Genesys has rebuilt the index of the campaign for these rules. null: Genesys has not accepted the rules. In the platform dialect, always null',
    ),
  problem: z
    .strictObject({ code: z.string(), detail: z.string(), path: z.string().optional() })
    .nullable(),
  latencyMs: count
    .nullable()
    .describe(
      'Milliseconds from the call until the gateway last changed `state`. null: not changed yet',
    ),
  createdAt: stamp,
  updatedAt: stamp,
  appliedAt: stamp.nullable(),
})

/**
 * The message to endpoints about a campaign's segment. `revision` puts the messages about one
 * campaign in order.
 */
export const segmentEventSchema = z.strictObject({
  type: z.enum(SEGMENT_EVENT_TYPES),
  timestamp: stamp,
  data: z.strictObject({
    campaignId: z.string(),
    version: count,
    state: z.enum(SEGMENT_STATES),
    ruleCount: count,
    indexStatus: z.enum(['ready', 'processing']).nullable(),
    latencyMs: count.nullable(),
    findings: z.array(z.strictObject({ code: z.string(), severity: z.string(), path: z.string() })),
    problem: z
      .strictObject({ code: z.string(), detail: z.string(), path: z.string().optional() })
      .nullable(),
    revision: count,
  }),
})
