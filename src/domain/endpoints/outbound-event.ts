import type { Hold, UploadCounts, UploadProblem, UploadState } from '../uploads/upload.ts'

/** The events about uploads (Standard Webhooks: `{type, timestamp, data}`). */
export const OUTBOUND_EVENT_TYPES = [
  'upload.completed',
  'upload.failed',
  'upload.cancelled',
  'upload.held',
  'upload.reconciled',
] as const
export type OutboundEventType = (typeof OUTBOUND_EVENT_TYPES)[number]

/**
 * The events about a campaign's segment. `segment.applied` is sent when the rules are in force and,
 * in the guide dialect, the index is ready. If the index takes longer than
 * GENESYS_INDEX_WAIT_SECONDS, the event is sent after this time, and again when the index is ready.
 */
export const SEGMENT_EVENT_TYPES = ['segment.applied', 'segment.failed'] as const
export type SegmentEventType = (typeof SEGMENT_EVENT_TYPES)[number]

/**
 * The events about a do-not-call submission. `dnc.accepted`: the gateway accepted the submission.
 * If the submission adds entries, the gateway already suppresses the people in them. A pull that a
 * caller requested is accepted before it has entries. `dnc.applied`: the submission reached one of
 * its two end states. `dnc.held`: sent once for each hold.
 */
export const DNC_EVENT_TYPES = ['dnc.accepted', 'dnc.applied', 'dnc.held'] as const
export type DncEventType = (typeof DNC_EVENT_TYPES)[number]

/**
 * The event about a DNC list that was changed inside Genesys. The webhook of Genesys names only the
 * list and not the change, so the event is only a hint.
 */
export const DNC_CHANGE_EVENT = 'dnc.external_change'

/**
 * The events about a guest file. `guest_file.stored`: Genesys has the file. If Genesys' scan is
 * then still pending, the event is sent again when the scan has passed. `guest_file.rejected`: the
 * file ended in any other way, or Genesys' scan found a fault in a stored file.
 */
export const GUEST_FILE_EVENT_TYPES = ['guest_file.stored', 'guest_file.rejected'] as const
export type GuestFileEventType = (typeof GUEST_FILE_EVENT_TYPES)[number]

/**
 * The event of a test that a caller requests for an endpoint. It goes only to this endpoint,
 * whatever events the endpoint has selected.
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
   * What the upload waits for, so that the receiver can see whether a person must act. null: the
   * upload is not held.
   */
  hold: Hold | null
  /** null: the upload has no problem. */
  problem: UploadProblem | null
  counts: UploadCounts
  sha256: string
  rowsUrl: string
  version: number
}
