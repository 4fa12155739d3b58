import type { Caller } from '../../domain/access/access.ts'
import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../domain/problems/problem.ts'
import { analyseSegment } from '../../domain/segments/analysis/analyse.ts'
import { finding, type SegmentFinding } from '../../domain/segments/analysis/finding.ts'
import type { AnalysisReport, CampaignSegment } from '../../domain/segments/campaign-segment.ts'
import type { CompiledSegment, CompileFault } from '../../domain/segments/compiled-segment.ts'
import type { DefinitionFault } from '../../domain/segments/definition-faults.ts'
import { placedLeavesOf, placeRules, type PlacedRules } from '../../domain/segments/placed.ts'
import type { ReadDefinition } from '../../domain/segments/read-definition.ts'
import type { Leaf, SegmentDefinition } from '../../domain/segments/segment.ts'
import { canonicalJson } from '../../lib/canonical-json.ts'
import type { Clock } from '../../lib/clock.ts'
import { sha256Hex } from '../../lib/digest.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { AccessStore } from '../ports/access/access.ts'
import type { ListCache } from '../ports/contact-lists/list-cache.ts'
import type { CallContext, ContactListPort } from '../ports/genesys/genesys.ts'
import type { CampaignPort, PlatformCampaign } from '../ports/segments/campaigns.ts'
import type {
  DeliveredContacts,
  SegmentStore,
  SuppressedAmong,
} from '../ports/segments/segments.ts'
import {
  FRESH_MS,
  readContext,
  readListSchema,
  refusedByGenesys,
  unavailable,
} from '../uploads/receive/list-schema.ts'
import { campaignUnknown } from './campaign-access.ts'
import { countPreviews } from './count-previews.ts'
import { countRows, type Counted, type RowsToCount } from './count-rows.ts'
import { createPlaces, type Places } from './segment-places.ts'

export type PrepareDeps = {
  segments: Pick<SegmentStore, 'inForce'>
  campaigns: CampaignPort
  contactLists: ContactListPort
  lists: ListCache
  access: Pick<AccessStore, 'isGranted'>
  contacts: DeliveredContacts
  suppressedAmong: SuppressedAmong
  /** SEGMENT_EXCLUSIONS. Each applies to a segment only if all of its lists have the column. */
  house: readonly Leaf[]
  clock: Clock
  emit: Emit
  signal?: AbortSignal
}

export type SegmentAsked = {
  caller: Caller
  campaignId: string
  sent: unknown
  /** `sent` after validation. */
  read: ReadDefinition
}

/** `house`: the configured exclusions that apply. `compiled`: the rules to send. */
export type PreparedSegment = {
  definition: SegmentDefinition
  house: Leaf[]
  compiled: CompiledSegment
  analysis: AnalysisReport
  /** The campaign as it is in Genesys (platform). null in the guide dialect. */
  campaign: PlatformCampaign | null
  inForce: CampaignSegment | null
}

type Read = Extract<ReadDefinition, { definition: SegmentDefinition }>

const invalid = (errors: readonly DefinitionFault[]): GatewayProblem =>
  new GatewayProblem('segment-invalid', 'The definition has faults. `errors` lists up to 50.', {
    errors,
  })

/**
 * Reads the campaign, the definition's lists (or stored copies) and the version in force. Analyses,
 * compiles and counts, but writes nothing. Throws the problems of `PREPARE_SEGMENT_REFUSALS`.
 */
export const prepareSegment = async (
  deps: PrepareDeps,
  { caller, campaignId, read, sent }: SegmentAsked,
): Promise<PreparedSegment> => {
  if (!('definition' in read)) throw invalid(read.faults)
  const { definition } = read
  const places = createPlaces(read.sentAt, isShort(sent))
  await checkListsGranted(deps, caller, definition)
  const signal = deps.signal ?? new AbortController().signal
  const context = readContext(caller.tenantId, signal)
  const campaign = await readCampaign(deps, campaignId, definition, context)
  const lists = await readLists(deps, definition, context)
  const { house, missing } = houseOf(deps.house, lists)
  const rules = placeRules(definition, house)
  refuseUnknownAttributes(rules, lists, places)
  const nowMs = deps.clock.now().getTime()
  const startedMs = deps.clock.monotonicMs()
  const { reading } = deps.campaigns
  const analysed = analyseSegment(rules, {
    ...{ reading, nowMs },
    monotonicMs: () => deps.clock.monotonicMs(),
  })
  const compiled = compile(deps.campaigns, analysed.simplified, definition, places)
  const analysisMs = deps.clock.monotonicMs() - startedMs
  const inForce = await deps.segments.inForce(campaignId)
  const { tenantId } = caller
  const counting = { tenantId, rules, findings: analysed.findings, inForce, nowMs }
  const counted = await count(deps, counting, definition, context)
  const findings = [...missing, ...takenAsNumbers(read), ...analysed.findings.map(places.ofFinding)]
  deps.emit('segment.analysed', {
    ...{ campaignId, tenantId, durationMs: Math.round(analysisMs) },
    counted: counted.matches?.total ?? null,
    selected: counted.matches?.selected ?? null,
    findings: Object.fromEntries(
      [...Map.groupBy(findings, ({ code }) => code)].map(([code, all]) => [code, all.length]),
    ),
  })
  const analysis = reportOf({ definition, house, findings, counted, inForce, places })
  return { definition, house, compiled, analysis, campaign, inForce }
}

const isShort = (sent: unknown): boolean =>
  typeof sent === 'object' && sent !== null && 'listIds' in sent

const checkListsGranted = async (
  { access }: PrepareDeps,
  { tenantId }: Caller,
  { contactListIds }: SegmentDefinition,
): Promise<void> => {
  for (const listId of contactListIds) {
    if (await access.isGranted(tenantId, 'contact_list', listId)) continue
    throw new GatewayProblem(
      'not-found',
      'The contact list does not exist, or your tenant may not use it.',
      {
        contactListId: listId,
      },
    )
  }
}

const readCampaign = async (
  { campaigns }: PrepareDeps,
  campaignId: string,
  { contactListIds }: SegmentDefinition,
  context: CallContext,
): Promise<PlatformCampaign | null> => {
  try {
    if (campaigns.dialect === 'guide') {
      await campaigns.readCampaign(campaignId, context)
      return null
    }
    const campaign = await campaigns.readCampaign(campaignId, context)
    const [listId] = contactListIds
    if (contactListIds.length === 1 && listId === campaign.contactListId) return campaign
    const detail = 'The campaign dials one list, and `contactListIds` must name only this list.'
    throw new GatewayProblem('campaign-list-differs', detail)
  } catch (error) {
    if (!(error instanceof GenesysFailure)) throw error
    if (error.kind === 'not_found') throw campaignUnknown()
    throw error.retry === 'later'
      ? unavailable(error, 'Genesys does not answer. The segment was not changed.')
      : refusedByGenesys(error, 'Genesys refused to show the campaign.')
  }
}

const readLists = async (
  deps: PrepareDeps,
  { contactListIds }: SegmentDefinition,
  context: CallContext,
): Promise<ContactList[]> => {
  const lists: ContactList[] = []
  for (const listId of contactListIds) {
    lists.push((await readListSchema(deps, listId, context, FRESH_MS)).list)
  }
  return lists
}

const hasColumn = ({ columns }: ContactList, attribute: string): boolean =>
  columns.some(({ name }) => name === attribute)

/** The exclusions whose column every list has, and a finding for each of the other exclusions. */
const houseOf = (
  house: readonly Leaf[],
  lists: readonly ContactList[],
): { house: Leaf[]; missing: SegmentFinding[] } => {
  const lacking = ({ attribute }: Leaf): ContactList | undefined =>
    lists.find((list) => !hasColumn(list, attribute))
  return {
    house: house.filter((leaf) => lacking(leaf) === undefined),
    missing: house.flatMap((leaf) => {
      const list = lacking(leaf)
      if (list === undefined) return []
      const column = JSON.stringify(leaf.attribute)
      const detail = `The gateway leaves out the exclusion on ${column} (from SEGMENT_EXCLUSIONS), because the contact list ${list.id} has no such column.`
      return [finding('house-exclusion-missing', '', detail)]
    }),
  }
}

/** The names of the first 30 columns, because nobody reads a longer message. */
const columnsOf = ({ columns }: ContactList): string =>
  columns
    .map(({ name }) => name)
    .slice(0, 30)
    .join(', ')

const refuseUnknownAttributes = (
  rules: PlacedRules,
  lists: readonly ContactList[],
  places: Places,
): void => {
  const faults = placedLeavesOf(rules).flatMap(({ leaf, path }): DefinitionFault[] =>
    lists
      .filter((list) => !hasColumn(list, leaf.attribute))
      .slice(0, 1)
      .map((list) => ({
        pointer: places.ofPath(path),
        code: 'attribute-unknown',
        detail: `names ${JSON.stringify(leaf.attribute)}, which is not a column of contact list ${list.id} (${columnsOf(list)})`,
      })),
  )
  if (faults.length > 0) throw invalid(faults.slice(0, 50))
}

const compile = (
  campaigns: CampaignPort,
  rules: PlacedRules,
  { contactListIds }: SegmentDefinition,
  places: Places,
): CompiledSegment => {
  const compilation = campaigns.compile(rules, contactListIds)
  if (!('compiled' in compilation)) throw problemOfFaults(compilation.faults.map(places.ofFault))
  const { compiled } = compilation
  return { ...compiled, rulePaths: compiled.rulePaths.map(places.ofPath) }
}

const problemOfFaults = (faults: readonly CompileFault[]): GatewayProblem => {
  const [first] = faults as [CompileFault]
  const errors = faults
    .slice(0, 50)
    .map(({ code, path, detail }) => ({ code, pointer: path, detail }))
  return new GatewayProblem(first.code, first.detail, { errors })
}

const takenAsNumbers = ({ takenAsNumbers: taken }: Read): SegmentFinding[] =>
  taken.map(({ pointer, number }) =>
    finding(
      'literal-taken-as-number',
      pointer,
      `The text was read as the number ${number}, because this operator does not compare text.`,
    ),
  )

const count = (
  deps: PrepareDeps,
  asked: Omit<RowsToCount, 'house' | 'contactListIds' | 'suppressedAmong'>,
  { contactListIds }: SegmentDefinition,
  context: CallContext,
): Promise<Counted> => {
  const { campaigns, clock, contacts, house, suppressedAmong } = deps
  if (campaigns.dialect === 'guide') {
    return countRows(contacts, { ...asked, house, contactListIds, suppressedAmong })
  }
  const contactListId = contactListIds[0] ?? ''
  return countPreviews({ campaigns, clock, contactListId, context }, asked.rules, asked.inForce)
}

/** The report. Its digest leaves out the counts, because they may change from call to call. */
const reportOf = (
  about: Pick<PreparedSegment, 'definition' | 'house' | 'inForce'> & {
    findings: SegmentFinding[]
    counted: Counted
    places: Places
  },
): AnalysisReport => {
  const { house, inForce, findings, places } = about
  const { matches, change } = about.counted
  const { confirm: _, ...meant } = about.definition
  const found = findings.map(({ code, path, otherPath, paths }) => {
    return { code, path, otherPath, paths }
  })
  const placed = <T extends { path: string }>(counts: readonly T[]): T[] =>
    counts.map((one) => ({ ...one, path: places.ofPath(one.path) }))
  return {
    digest: sha256Hex(canonicalJson({ meant, house, found, inForce: inForce?.version ?? null })),
    findings,
    matches: matches && {
      ...matches,
      byExclusion: placed(matches.byExclusion),
      overlaps: placed(matches.overlaps).map((one) => ({
        ...one,
        otherPath: places.ofPath(one.otherPath),
      })),
    },
    change,
  }
}
