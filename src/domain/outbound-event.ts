import type { UploadCounts, UploadState } from './upload.ts'

/** What the gateway tells others (Standard Webhooks: `{type, timestamp, data}`). */
export const OUTBOUND_EVENT_TYPES = [
  'upload.completed',
  'upload.failed',
  'upload.cancelled',
  'upload.held',
] as const
export type OutboundEventType = (typeof OUTBOUND_EVENT_TYPES)[number]

export type UploadEventData = {
  uploadId: string
  contactListId: string
  state: UploadState
  counts: UploadCounts
  sha256: string
  rowsUrl: string
  version: number
}
