import { sql } from 'kysely'

import type { GuestFile, GuestFileTarget } from '../../domain/guest-files/guest-file.ts'
import type { Seals } from '../homes/seals.ts'

export type GuestFileRow = {
  id: string
  tenant_id: string
  external_contact_id: string | null
  conversation_id: string | null
  communication_id: string | null
  state: GuestFile['state']
  hold_reason: NonNullable<GuestFile['hold']>['reason'] | null
  held_since: Date | null
  sealed_name: Buffer
  content_type: string
  size_bytes: number
  sha256: string
  md5: string
  scan_verdict: GuestFile['scan']['verdict']
  scan_engine: string | null
  scanned_at: Date | null
  genesys_file_id: string | null
  genesys_status: GuestFile['genesys']['status']
  virus_scan: GuestFile['genesys']['virusScan']
  progress: GuestFile['progress']
  problem: GuestFile['problem']
  actor: string
  request_id: string
  created_at: Date
  updated_at: Date
  stored_at: Date | null
  latency_ms: number | null
  version: number
}

export const GUEST_FILE_COLUMNS =
  sql.raw(`id, tenant_id, external_contact_id, conversation_id, communication_id, state, hold_reason, held_since, sealed_name,
  content_type, size_bytes, sha256, md5, scan_verdict, scan_engine, scanned_at, genesys_file_id, genesys_status, virus_scan,
  progress, problem, actor, request_id, created_at, updated_at, stored_at, latency_ms, version`)

/**
 * Either the contact is set, or the conversation and the communication are. The table refuses any
 * other combination.
 */
const targetOf = (row: GuestFileRow): GuestFileTarget =>
  row.external_contact_id === null
    ? {
        kind: 'conversation',
        conversationId: row.conversation_id ?? '',
        communicationId: row.communication_id ?? '',
      }
    : { kind: 'external_contact', externalContactId: row.external_contact_id }

/**
 * Makes a guest file from a row, and opens its sealed name. Throws if the name was sealed for
 * another file or with another key.
 */
export const toGuestFile = (seals: Seals, row: GuestFileRow): GuestFile => ({
  id: row.id,
  tenantId: row.tenant_id,
  target: targetOf(row),
  state: row.state,
  hold:
    row.hold_reason === null || row.held_since === null
      ? null
      : { reason: row.hold_reason, since: row.held_since.toISOString() },
  fileName: seals.openFileName(row.id, row.sealed_name),
  contentType: row.content_type,
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  md5: row.md5,
  scan: {
    verdict: row.scan_verdict,
    engine: row.scan_engine,
    at: row.scanned_at?.toISOString() ?? null,
  },
  genesys: {
    fileId: row.genesys_file_id,
    status: row.genesys_status,
    virusScan: row.virus_scan,
  },
  progress: row.progress,
  latencyMs: row.latency_ms,
  problem: row.problem,
  actor: row.actor,
  requestId: row.request_id,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  storedAt: row.stored_at?.toISOString() ?? null,
  version: row.version,
})
