import { z } from 'zod'

import { genesysIdSchema } from '../../domain/ids/ids.ts'
import { cursorField, filled, pageLinks } from '../frame/fields.ts'
import { lookQueryWithSeen, nextLook } from '../frame/live.ts'
import { form, page, type Visit } from '../frame/page.ts'
import { ENGLISH } from '../texts/texts.ts'
import { segmentLine, segmentModel } from './segment-model.ts'

const PAGE_CAMPAIGNS = 50
const PAGE_VERSIONS = 20
const { segments: words } = ENGLISH
const LIST_PAGE = '/console/segments'

export const campaignParams = z.strictObject({ campaignId: genesysIdSchema })
/** The path of the page of a campaign's segment. Encodes the id, because it comes from Genesys. */
export const placeOf = (campaignId: string): string =>
  `${LIST_PAGE}/${encodeURIComponent(campaignId)}`

export const SEGMENTS = page({
  at: '/segments',
  scope: 'segments',
  menu: 'segments',
  query: z.strictObject({ campaign: filled(genesysIdSchema), cursor: cursorField }),
  load: async ({ deps, caller, query: { campaign, cursor } }) => {
    if (campaign !== undefined) return { goTo: placeOf(campaign) }
    const asked = { limit: PAGE_CAMPAIGNS, cursor: cursor ?? null }
    const found = await deps.readSegments.list(caller, asked)
    if (found === null) return { goTo: LIST_PAGE }
    return {
      title: words.title,
      template: '/segments/segment-list',
      model: {
        segments: found.items.map(segmentLine),
        ...pageLinks(LIST_PAGE, {}, { cursor, next: found.next }),
      },
    }
  },
})

type OfCampaign = Visit<z.output<typeof campaignParams>>

/** The versions, newest first. Throws 404 if the tenant is not granted the campaign. */
const versionsOf = ({ deps, caller, params }: OfCampaign, cursor: string | null) =>
  deps.readSegments.versions(caller, params.campaignId, { cursor, limit: PAGE_VERSIONS })

export const SEGMENT = page({
  at: '/segments/:campaignId',
  scope: 'segments',
  params: campaignParams,
  query: z.strictObject({ cursor: cursorField }),
  load: async (visit) => {
    const { campaignId } = visit.params
    const found = await versionsOf(visit, visit.query.cursor ?? null)
    if (found === null) return { goTo: placeOf(campaignId) }
    const [newest] = (await versionsOf(visit, null))!.items
    const segment = newest === undefined ? null : segmentModel(newest)
    return {
      title: campaignId,
      template: '/segments/segment',
      model: {
        campaignId,
        at: placeOf(campaignId),
        segment,
        live: segment === null || segment.ended ? null : nextLook(null),
        versions: found.items.map(segmentLine),
        once: visit.deps.ids.newUuid(),
        ...pageLinks(placeOf(campaignId), {}, { cursor: visit.query.cursor, next: found.next }),
      },
    }
  },
})

/** The part of the page that shows the state of the newest version. The page reloads it. */
export const SEGMENT_LIVE = page({
  at: '/segments/:campaignId/live',
  scope: 'segments',
  part: true,
  params: campaignParams,
  query: lookQueryWithSeen,
  load: async ({ deps, caller, params: { campaignId }, query: { look, seen } }) => {
    const segment = segmentModel(await deps.readSegments.find(caller, campaignId))
    const next = nextLook(look, segment.revision !== seen)
    return {
      title: campaignId,
      template: '/segments/segment-live',
      model: { at: placeOf(campaignId), segment, live: segment.ended ? null : next },
    }
  },
})

export const SEGMENT_RESUME = form({
  at: '/segments/:campaignId/resume',
  scope: 'segments',
  params: campaignParams,
  act: async ({ deps, caller, params: { campaignId } }) => {
    await deps.resumeSegment(caller, campaignId)
    return { goTo: placeOf(campaignId), said: 'segmentResumed' }
  },
})
