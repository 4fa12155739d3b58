import { z } from 'zod'

import type { Caller } from '../../domain/access/access.ts'
import { GatewayProblem, type ProblemCode } from '../../domain/problems/problem.ts'
import type { CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import { readDefinition } from '../../domain/segments/read-definition.ts'
import { ACTIVATIONS, DIALING_MODES } from '../../domain/segments/segment.ts'
import type { ConfirmReason } from '../../workflows/segments/confirm-reasons.ts'
import type { ConsoleDeps } from '../frame/deps.ts'
import { filled } from '../frame/fields.ts'
import { form, page, type View } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import {
  pressed,
  readForm,
  segmentFields,
  type SegmentFields,
  type SegmentForm,
  sentDefinition,
  type SentDefinition,
} from './segment-fields.ts'
import { campaignParams, placeOf } from './segment-pages.ts'
import { FORM_OPERATORS, conditionsGroup, formNode, JOINS, LITERAL_TYPES } from './segment-tree.ts'
import { analysisModel, differences } from './segment-words.ts'

const { segments: words } = ENGLISH

/** Problems that are shown on the page of the rules, so that the user's input is not lost. */
const TOLD_HERE: readonly ProblemCode[] = [
  'segment-invalid',
  'segment-too-complex',
  'attribute-not-expressible',
  'operator-not-expressible',
  'campaign-list-differs',
  'campaign-running',
  'precondition-failed',
]

type Fault = { path: string | null; detail: string }

type Built = {
  deps: Pick<ConsoleDeps, 'dialect' | 'ids'>
  campaignId: string
  tree: SegmentForm
  /** The newest version at the time when the page loaded the rules. null: there was none. */
  version: number | null
  focus: string | null
  faults?: readonly Fault[]
  preview?: object | null
  seen?: string | null
}

const editView = (about: Built): View => {
  const { deps, campaignId, tree, version, focus, faults = [], preview = null, seen = null } = about
  return {
    title: words.edit.title,
    template: '/segments/segment-edit',
    model: {
      campaignId,
      at: placeOf(campaignId),
      tree,
      version: version ?? '',
      focus,
      faults: faults.filter(({ path }) => path === null),
      faultsAt: Object.fromEntries(
        [...Map.groupBy(faults, ({ path }) => path ?? '')].map(([path, all]) => [
          path,
          all.map(({ detail }) => detail),
        ]),
      ),
      faulty: faults.length > 0,
      preview,
      seen: seen ?? '',
      once: deps.ids.newUuid(),
      guide: deps.dialect === 'guide',
      choices: {
        joins: JOINS,
        operators: FORM_OPERATORS,
        types: LITERAL_TYPES,
        modes: DIALING_MODES,
        activations: ACTIVATIONS,
      },
    },
  }
}

const formOf = ({ definition }: CampaignSegment): SegmentForm => ({
  lists: definition.contactListIds.join('\n'),
  conditions: conditionsGroup(definition.conditions),
  exclusions: definition.exclusions.map(formNode),
  dialingMode: definition.dialingMode,
  useOnlyOnce: definition.useOnlyOnce,
  activation: definition.activation,
})

const nothing = (): SegmentForm => ({
  lists: '',
  conditions: conditionsGroup(null),
  exclusions: [],
  dialingMode: null,
  useOnlyOnce: null,
  activation: 'keep',
})

/** The form with the rules of the newest version, or of an earlier one. */
export const SEGMENT_EDIT = page({
  at: '/segments/:campaignId/edit',
  scope: 'segments',
  params: campaignParams,
  query: z.strictObject({ version: filled(z.coerce.number().int().min(1).max(2_147_483_647)) }),
  load: async ({ deps, caller, params: { campaignId }, query: { version } }) => {
    const page = { cursor: null, limit: 1 }
    const [newest] = (await deps.readSegments.versions(caller, campaignId, page))!.items
    const chosen =
      version === undefined || newest === undefined || version === newest.version
        ? newest
        : await deps.readSegments.version(caller, campaignId, version)
    const tree = chosen === undefined ? nothing() : formOf(chosen)
    return editView({ deps, campaignId, tree, version: newest?.version ?? null, focus: null })
  },
})

type Asked = {
  deps: ConsoleDeps
  caller: Caller
  campaignId: string
  fields: SegmentFields
  tree: SegmentForm
  definition: SentDefinition
}

/**
 * The faults, each with the place where the page shows it (`path`). The place is the rule, the
 * group or the choice of lists that the fault's JSON pointer names. If the pointer names none of
 * these, the place is the nearest one above it. null: the notice above the form.
 */
const faultsOf = ({ about, message }: GatewayProblem, { places }: SentDefinition): Fault[] => {
  const errors = about['errors'] as { pointer: string; detail: string }[] | undefined
  if (errors === undefined || errors.length === 0) return [{ path: null, detail: message }]
  return errors.map(({ pointer, detail }) => {
    for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const path = places.get(at)
      if (path !== undefined) return { path, detail }
    }
    return { path: null, detail: `${pointer} ${detail}`.trim() }
  })
}

const readAsked = ({ caller, campaignId }: Asked, sent: object) => ({
  ...{ caller, campaignId, sent },
  read: readDefinition(sent),
})

/**
 * Shows what the rules mean and what they would change, before the gateway sends anything to
 * Genesys.
 */
const lookAt = async (asked: Asked, told: readonly Fault[] = []): Promise<View> => {
  const { deps, campaignId, tree, definition, fields } = asked
  const prepared = await deps.previewSegment(readAsked(asked, definition.sent))
  const { inForce, reasons, analysis } = prepared
  return editView({
    ...{ deps, campaignId, tree, version: fields.version ?? null, focus: 'preview' },
    ...{ faults: told, seen: definition.digest },
    preview: {
      ...analysisModel(prepared),
      inForce: inForce?.version ?? null,
      differences: differences(inForce?.definition ?? null, prepared.definition),
      reasons: reasonWords(reasons),
      confirm: reasons.length === 0 ? null : analysis.digest,
    },
  })
}

/**
 * The reasons for a confirmation as sentences, in the same order. Empty: no confirmation is needed.
 */
export const reasonWords = (reasons: readonly ConfirmReason[]): string[] =>
  reasons.map((reason) => words.reasons[reason])

const put = async (asked: Asked): Promise<View | { goTo: string; said: 'segmentPut' }> => {
  const { deps, campaignId, fields, definition } = asked
  // The rules have changed since they were last checked. They are sent to Genesys only after a
  // person has seen what they mean.
  if (fields.seen !== definition.digest) {
    return lookAt(asked, [{ path: null, detail: words.edit.changedSince }])
  }
  const confirm = fields.agreed === 'yes' ? (fields.confirm ?? null) : null
  try {
    await deps.putSegment(readAsked(asked, { ...definition.sent, confirm }), {
      ...{ idempotencyKey: fields.once, method: 'PUT' },
      path: `/v1/campaigns/${campaignId}/segment`,
      expected: fields.version === undefined ? null : [fields.version],
    })
  } catch (error) {
    // The person has not confirmed the present effect of the rules, so the page shows the effect
    // again.
    const isUnagreed = error instanceof GatewayProblem && error.code === 'segment-needs-confirm'
    if (!isUnagreed) throw error
    return lookAt(asked, [{ path: null, detail: words.edit.needsAgreement }])
  }
  return { goTo: placeOf(campaignId), said: 'segmentPut' }
}

const newestVersion = async ({ deps, caller, campaignId }: Asked): Promise<number | null> => {
  const page = { cursor: null, limit: 1 }
  const found = await deps.readSegments.versions(caller, campaignId, page)
  return found?.items[0]?.version ?? null
}

/** The action of every button of the page: adds and removes rules, checks them, and sends them. */
export const SEGMENT_BUILD = form({
  at: '/segments/:campaignId/edit',
  scope: 'segments',
  params: campaignParams,
  form: segmentFields,
  act: async ({ deps, caller, params: { campaignId }, form: fields }) => {
    const tree = readForm(fields)
    if (!['preview', 'save'].includes(fields.do)) {
      const focus = pressed(tree, fields.do)
      return editView({ deps, campaignId, tree, version: fields.version ?? null, focus })
    }
    const definition = sentDefinition(tree, deps.dialect)
    const asked: Asked = { deps, caller, campaignId, fields, tree, definition }
    try {
      return await (fields.do === 'save' ? put(asked) : lookAt(asked))
    } catch (error) {
      if (!(error instanceof GatewayProblem) || !TOLD_HERE.includes(error.code)) throw error
      const isStale = error.code === 'precondition-failed'
      const version = isStale ? await newestVersion(asked) : (fields.version ?? null)
      const faults = isStale
        ? [{ path: null, detail: words.edit.stale }]
        : faultsOf(error, definition)
      return editView({ deps, campaignId, tree, version, focus: 'faults', faults })
    }
  },
})
