import type { Hold, UploadCounts, UploadProblem, UploadState } from '../uploads/upload.ts'

/** The events that the gateway sends (Standard Webhooks: `{type, timestamp, data}`). */
export const OUTBOUND_EVENT_TYPES = [
  'upload.completed',
  'upload.failed',
  'upload.cancelled',
  'upload.held',
  'upload.reconciled',
] as const
export type OutboundEventType = (typeof OUTBOUND_EVENT_TYPES)[number]

/**
 * Events of a campaign's segment. `segment.applied` is sent once its rules are accepted and their
 * index is being built, and again when the index is ready.
 */
export const SEGMENT_EVENT_TYPES = ['segment.applied', 'segment.failed'] as const
export type SegmentEventType = (typeof SEGMENT_EVENT_TYPES)[number]

/**
 * Events of a submission of do-not-call entries: `dnc.accepted` once its entries suppress,
 * `dnc.applied` in both of its end states, `dnc.held` once for each hold.
 */
export const DNC_EVENT_TYPES = ['dnc.accepted', 'dnc.applied', 'dnc.held'] as const
export type DncEventType = (typeof DNC_EVENT_TYPES)[number]

/**
 * The event of a DNC list that was changed inside Genesys, as Genesys' webhook reports. It is a
 * hint and names only the list.
 */
export const DNC_CHANGE_EVENT = 'dnc.external_change'

/**
 * Events of a guest file: `guest_file.stored` once Genesys has it and again when its verdict
 * changes, `guest_file.rejected` at every other end.
 */
export const GUEST_FILE_EVENT_TYPES = ['guest_file.stored', 'guest_file.rejected'] as const
export type GuestFileEventType = (typeof GUEST_FILE_EVENT_TYPES)[number]

/**
 * The event of an endpoint that a caller tests. It goes to this endpoint alone, whatever its filter
 * is.
 */
export const TEST_EVENT = 'endpoint.test'

/** The events that an endpoint may select. */
export const ENDPOINT_EVENT_TYPES = [
  ...OUTBOUND_EVENT_TYPES,
  ...DNC_EVENT_TYPES,
  DNC_CHANGE_EVENT,
  ...SEGMENT_EVENT_TYPES,
  ...GUEST_FILE_EVENT_TYPES,
] as const
export type EndpointEventType = (typeof ENDPOINT_EVENT_TYPES)[number]

/** The endpoints that the environment may name, and the events that each receives. */
export const ENVIRONMENT_ENDPOINTS = {
  crm: [...OUTBOUND_EVENT_TYPES, ...DNC_EVENT_TYPES, DNC_CHANGE_EVENT, ...SEGMENT_EVENT_TYPES],
  dms: GUEST_FILE_EVENT_TYPES,
  cdp: SEGMENT_EVENT_TYPES,
  compliance: [...DNC_EVENT_TYPES, DNC_CHANGE_EVENT],
} as const satisfies Record<string, readonly EndpointEventType[]>

export type UploadEventData = {
  uploadId: string
  contactListId: string
  state: UploadState
  /**
   * For `upload.held`: what the upload waits for, so that the receiver knows whether a person has
   * to act.
   */
  hold: Hold | null
  /** The problem, as a code and in words. null if there is none. */
  problem: UploadProblem | null
  counts: UploadCounts
  sha256: string
  rowsUrl: string
  version: number
}
