import { z } from 'zod'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { CompiledSegment } from '../../domain/segments/compiled-segment.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import {
  CAMPAIGN_STATUSES,
  type PlatformCampaign,
  type PlatformCampaignPort,
} from '../../workflows/ports/segments/campaigns.ts'
import type { ApiCall } from '../calls/attempt.ts'
import { pathSegment } from '../calls/path-segment.ts'
import type { Caller } from '../calls/retry.ts'
import { compilePlatformSegment } from './segment-filter.ts'

const CAMPAIGNS = '/api/v2/outbound/campaigns'
const FILTERS = '/api/v2/outbound/contactlistfilters'

const campaignSchema = z.looseObject({
  version: z.number().int(),
  campaignStatus: z.enum(CAMPAIGN_STATUSES),
  contactList: z.looseObject({ id: z.string() }).nullish(),
  contactListFilters: z.array(z.looseObject({ id: z.string() })).nullish(),
})
const madeSchema = z.looseObject({ id: z.string() })
const pageSchema = z.looseObject({
  entities: z.array(z.looseObject({ id: z.string(), name: z.string() })),
})
const previewSchema = z.looseObject({
  filteredContacts: z.number().int().nonnegative(),
  totalContacts: z.number().int().nonnegative(),
})

const campaignOf = (wire: z.infer<typeof campaignSchema>): PlatformCampaign => ({
  contactListId: wire.contactList?.id ?? null,
  status: wire.campaignStatus,
  version: wire.version,
  filterId: wire.contactListFilters?.[0]?.id ?? null,
  entity: wire,
})

/** Members that Genesys does not accept in a write. */
const READ_ONLY = ['selfUri', 'dateCreated', 'dateModified', 'errors']

const entityWith = (campaign: PlatformCampaign, filterId: string | null): Buffer => {
  const kept = Object.entries(campaign.entity).filter(([member]) => !READ_ONLY.includes(member))
  const contactListFilters = filterId === null ? [] : [{ id: filterId }]
  return Buffer.from(JSON.stringify({ ...Object.fromEntries(kept), contactListFilters }))
}

/**
 * Turns a failure into a `conflict` if Genesys refused the version as outdated with a 400. (A 409
 * is a `conflict` already.) A refusal because the campaign is running stays `refused`.
 */
const asConflict = (error: unknown): unknown => {
  if (!(error instanceof GenesysFailure) || error.kind !== 'refused') return error
  const { operation, status, upstreamCode } = error
  return upstreamCode === 'invalid.update.wrong.version'
    ? new GenesysFailure('conflict', operation, { status, upstreamCode, cause: error })
    : error
}

const filterBody = (contactListId: string, compiled: CompiledSegment, name: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      name,
      sourceType: 'ContactList',
      contactList: { id: contactListId },
      ...(compiled.body['filter'] as object),
    }),
  )

const json = <T>(
  operation: string,
  about: Pick<ApiCall<T>, 'method' | 'path' | 'schema' | 'right'> & { body?: Buffer },
): ApiCall<T> => ({ operation, ...about })

const createFilterCalls = (call: Caller) => ({
  findFilter: async (name: string, context: CallContext) => {
    const query = `pageSize=25&allowEmptyResult=true&filterType=EQUALS&name=${encodeURIComponent(name)}`
    const { entities } = await call(
      json('find-filter', {
        method: 'GET',
        path: `${FILTERS}?${query}`,
        schema: pageSchema,
        right: 'outbound:contactListFilter:view',
      }),
      context,
    )
    return entities.find((filter) => filter.name === name)?.id ?? null
  },
  makeFilter: async (
    filter: { name: string; contactListId: string; compiled: CompiledSegment },
    context: CallContext,
  ) => {
    const { id } = await call(
      json('make-filter', {
        method: 'POST',
        path: FILTERS,
        body: filterBody(filter.contactListId, filter.compiled, filter.name),
        schema: madeSchema,
        right: 'outbound:contactListFilter:add',
      }),
      context,
    )
    return id
  },
  deleteFilter: async (filterId: string, context: CallContext) => {
    try {
      await call(
        json('delete-filter', {
          method: 'DELETE',
          path: `${FILTERS}/${pathSegment(filterId)}`,
          schema: z.unknown(),
          right: 'outbound:contactListFilter:delete',
        }),
        context,
      )
    } catch (error) {
      if (!(error instanceof GenesysFailure) || error.kind !== 'not_found') throw error
    }
  },
  preview: async (contactListId: string, compiled: CompiledSegment, context: CallContext) => {
    const answer = await call(
      json('preview-filter', {
        method: 'POST',
        path: `${FILTERS}/preview`,
        body: filterBody(contactListId, compiled, 'preview'),
        schema: previewSchema,
        right: 'outbound:contact:view',
      }),
      context,
    )
    return { selected: answer.filteredContacts, total: answer.totalContacts }
  },
})

/** Campaigns and contact list filters of the platform dialect [platform-api: 2.8]. */
export const createPlatformCampaigns = ({ call }: { call: Caller }): PlatformCampaignPort => {
  const pathOf = (campaignId: string): string => `${CAMPAIGNS}/${pathSegment(campaignId)}`
  const move =
    (operation: 'start' | 'stop') => async (campaignId: string, context: CallContext) => {
      await call(
        json(`${operation}-campaign`, {
          method: 'POST',
          path: `${pathOf(campaignId)}/${operation}`,
          schema: z.unknown(),
          right: `outbound:campaign:${operation}`,
        }),
        context,
      )
    }
  return {
    dialect: 'platform',
    reading: 'inverted',
    compile: compilePlatformSegment,
    readCampaign: async (campaignId, context) =>
      campaignOf(
        await call(
          json('read-campaign', {
            method: 'GET',
            path: pathOf(campaignId),
            schema: campaignSchema,
            right: 'outbound:campaign:view',
          }),
          context,
        ),
      ),
    putFilter: async (campaignId, campaign, filterId, context) => {
      try {
        const wire = await call(
          json('write-campaign', {
            method: 'PUT',
            path: pathOf(campaignId),
            body: entityWith(campaign, filterId),
            schema: campaignSchema,
            right: 'outbound:campaign:edit',
          }),
          context,
        )
        return campaignOf(wire)
      } catch (error) {
        throw asConflict(error)
      }
    },
    start: move('start'),
    stop: move('stop'),
    ...createFilterCalls(call),
  }
}
