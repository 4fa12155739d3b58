import type { ErasurePlace } from '../../domain/erasures/erasure.ts'
import type { RetentionRuleName } from '../../domain/retention/retention-rules.ts'
import { editionKeyContext as ofEdition } from '../do-not-call/registries/edition-pages.ts'
import { keyContext as ofSubmission } from '../do-not-call/submission-store.ts'
import { secretContext } from '../endpoints/endpoint-row.ts'
import { keyContext as ofGuestFile } from '../guest-files/guest-file-pieces.ts'
import { contextOf as signingContext } from '../signing/signing-keys.ts'
import { keyContext as ofUpload } from '../uploads/data-keys.ts'

/**
 * The content of a column of bytes or JSON.
 * - `wrapped`: sealed by a key of ENCRYPTION_KEYS
 * - `sealed`: sealed by a data key, or by a key made from the store's own secret. May name a person
 * - `digest`: a digest that is keyed, or that is made of a value that names no person
 * - `plain`: names no person
 */
type Content = 'wrapped' | 'sealed' | 'digest' | 'plain'

/** The reason why no rule of retention, or no step of an erasure, applies to a table. */
type Because = { because: string }

export type Place = {
  /**
   * The rule of retention that deletes the table's rows. If there is none: why the rows stay, or
   * with which rows they are deleted.
   */
  kept: RetentionRuleName | Because
  /**
   * The step of an erasure that searches the table. If there is none: why the table cannot contain
   * a person.
   */
  erased: ErasurePlace | Because
  /** All columns of bytes or JSON. */
  columns: Readonly<Record<string, Content>>
}

const because = (reason: string): Because => ({ because: reason })

const CONFIGURED = because('configuration, which stays until a person changes it')
const AUDITED = because('one row, which describes the newest block of the audit trail')
const LANE = because('one row for each object that the gateway works on, such as a list')
const NOBODY = because('only ids, counts, times and digests, and no contents of rows')

/**
 * Every table, and what retention, erasures and resealing do with it. A test compares this list
 * with the schema.
 */
export const PLACES: Readonly<Record<string, Place>> = {
  tenant: { kept: CONFIGURED, erased: NOBODY, columns: {} },
  api_key: {
    kept: because('a revoked key stays, so that the audit trail can name it'),
    erased: NOBODY,
    columns: { digest: 'digest' },
  },
  console_session: {
    kept: because('twelve hours. After this time, the next sign-in of anyone deletes the session'),
    erased: NOBODY,
    columns: { digest: 'digest' },
  },
  tenant_grant: { kept: CONFIGURED, erased: NOBODY, columns: {} },
  tenant_use: { kept: because('two numbers for each tenant'), erased: NOBODY, columns: {} },
  binding: { kept: CONFIGURED, erased: NOBODY, columns: {} },
  store_secret: { kept: CONFIGURED, erased: NOBODY, columns: { sealed: 'wrapped' } },
  encryption_key: {
    kept: because('until nothing is sealed under it'),
    erased: NOBODY,
    columns: { check_value: 'digest' },
  },
  signing_key: {
    kept: because('its public key is needed to verify its signatures'),
    erased: NOBODY,
    columns: { public_key: 'plain', sealed: 'wrapped' },
  },
  lane: { kept: LANE, erased: NOBODY, columns: {} },
  upkeep: { kept: LANE, erased: NOBODY, columns: { found: 'plain' } },
  upload: {
    kept: 'upload-records',
    erased: 'file_names',
    columns: {
      ...{ data_key: 'wrapped', file_name: 'sealed', file_name_digest: 'digest' },
      ...{ source: 'plain', columns: 'plain', target_columns: 'plain', rejections: 'plain' },
      ...{ problem: 'plain', options: 'plain', plan: 'plain', child_ids: 'plain' },
      ...{ reconciliation: 'plain', queue: 'plain', suppression_epochs: 'plain' },
      registries: 'plain',
    },
  },
  chunk: {
    kept: 'staged-rows',
    erased: 'rows',
    columns: {
      ...{ payload: 'sealed', left_out: 'plain', id_digests: 'digest', subject_digests: 'digest' },
      ...{ subjects: 'digest', replaced_by: 'plain', suppressed: 'plain', erased: 'plain' },
    },
  },
  batch: { kept: 'upload-records', erased: NOBODY, columns: { sent: 'plain' } },
  shipment: { kept: 'upload-records', erased: NOBODY, columns: {} },
  row_result: { kept: 'upload-records', erased: NOBODY, columns: {} },
  register: { kept: because('one row per tenant and list'), erased: NOBODY, columns: {} },
  contact_register: {
    kept: because('as long as Genesys holds the contact'),
    erased: 'register',
    columns: { contact_digest: 'digest', sealed_id: 'sealed', content_hash: 'digest' },
  },
  list_clearing: { kept: because('two numbers for each list'), erased: NOBODY, columns: {} },
  pace: { kept: LANE, erased: NOBODY, columns: {} },
  list_cache: {
    kept: because('replaced when the list is read again'),
    erased: because('only the columns of a list, no contacts'),
    columns: { list: 'plain' },
  },
  idempotency_key: {
    kept: 'idempotency-answers',
    erased: 'answers',
    columns: { key_digest: 'digest', sealed_body: 'sealed' },
  },
  sync_endpoint: {
    kept: CONFIGURED,
    erased: NOBODY,
    columns: { secret: 'wrapped', previous_secret: 'wrapped' },
  },
  sync_delivery: { kept: 'webhook-deliveries', erased: 'deliveries', columns: {} },
  audit_entry: {
    kept: 'audit-entries',
    erased: NOBODY,
    columns: { counts: 'plain', details: 'plain' },
  },
  audit_place: { kept: 'audit-entries', erased: NOBODY, columns: {} },
  audit_block: { kept: 'audit-entries', erased: NOBODY, columns: { signature: 'digest' } },
  audit_chain: { kept: AUDITED, erased: NOBODY, columns: {} },
  webhook_receipt: {
    kept: because('the sweeper deletes them after 7 days'),
    erased: NOBODY,
    columns: { key: 'digest', body_digest: 'digest' },
  },
  event_subscription: { kept: CONFIGURED, erased: NOBODY, columns: { target_digest: 'digest' } },
  list_intent: {
    kept: because(
      'until the list is made or its creation fails. If the creation is interrupted, a call with the same idempotency key completes it',
    ),
    erased: NOBODY,
    columns: { key_digest: 'digest' },
  },
  list_made: { kept: because('one row for each list made here'), erased: NOBODY, columns: {} },
  new_list: { kept: because('half a minute'), erased: NOBODY, columns: {} },
  list_setting: { kept: CONFIGURED, erased: NOBODY, columns: { queue: 'plain' } },
  database_clock: { kept: because('one row'), erased: NOBODY, columns: {} },
  segment_campaign: { kept: LANE, erased: NOBODY, columns: {} },
  segment_version: {
    kept: 'segment-versions',
    erased: 'segments',
    columns: {
      ...{ sealed: 'sealed', content: 'plain', analysis: 'plain' },
      ...{ progress: 'plain', problem: 'plain' },
    },
  },
  suppression_epoch: { kept: because('one number for each tenant'), erased: NOBODY, columns: {} },
  dnc_submission: {
    kept: 'do-not-call-submissions',
    erased: NOBODY,
    columns: {
      ...{ data_key: 'wrapped', rejections: 'plain', notes: 'plain', source: 'plain' },
      ...{ columns: 'plain', problem: 'plain' },
    },
  },
  dnc_chunk: {
    kept: 'do-not-call-submissions',
    erased: 'entries',
    columns: { payload: 'sealed' },
  },
  dnc_entry: {
    kept: 'do-not-call-submissions',
    erased: because('the keyed digest must stay, because it suppresses the person'),
    columns: {},
  },
  dnc_group: {
    kept: 'do-not-call-submissions',
    erased: NOBODY,
    columns: { places: 'plain', tallies: 'plain' },
  },
  dnc_list_lane: { kept: LANE, erased: NOBODY, columns: {} },
  dnc_write_slot: { kept: LANE, erased: NOBODY, columns: {} },
  dnc_look_back: {
    kept: because('as long as the tenant exists. One row for each addition of entries'),
    erased: NOBODY,
    columns: {},
  },
  dnc_retraction: {
    kept: because('with the submission of the entry'),
    erased: 'retractions',
    columns: { contact_digest: 'digest', sealed_id: 'sealed' },
  },
  dnc_retraction_lane: { kept: LANE, erased: NOBODY, columns: {} },
  dnc_pull: { kept: LANE, erased: NOBODY, columns: {} },
  dnc_pull_seen: { kept: because('until the pull has ended'), erased: NOBODY, columns: {} },
  registry: { kept: CONFIGURED, erased: NOBODY, columns: {} },
  registry_edition: {
    kept: because('certificates name the edition. Only its numbers are deleted'),
    erased: because('a registry must stay as it is. A partial edition is deleted after a day'),
    columns: { data_key: 'wrapped', kept_state: 'sealed' },
  },
  registry_page: {
    kept: because('until the edition is deleted'),
    erased: because('the gateway must not change a registry'),
    columns: { sealed: 'sealed' },
  },
  registry_look_back: {
    kept: because('one row per edition, and one for each tenant that began to use a registry'),
    erased: NOBODY,
    columns: {},
  },
  registry_switch: {
    kept: because('one row for each edition and tenant'),
    erased: NOBODY,
    columns: {},
  },
  registry_hit: { kept: 'upload-records', erased: NOBODY, columns: {} },
  registry_late: {
    kept: because('until the upload has been searched'),
    erased: NOBODY,
    columns: {},
  },
  tenant_registry: { kept: CONFIGURED, erased: NOBODY, columns: {} },
  guest_file: {
    kept: 'guest-file-records',
    erased: 'guest_files',
    columns: {
      ...{ sealed_name: 'sealed', sealed_url: 'sealed', data_key: 'wrapped' },
      ...{ progress: 'plain', problem: 'plain' },
    },
  },
  guest_file_piece: {
    kept: because('until the file is stored, rejected, quarantined or failed'),
    erased: because('the gateway needs the bytes until the transfer ends, then deletes their key'),
    columns: { payload: 'sealed' },
  },
  erasure: {
    kept: because('the proof of the erasure'),
    erased: because('it names the person in sealed form, and only until the erasure is done'),
    columns: { subject_digest: 'digest', sealed_subject: 'sealed', places: 'plain' },
  },
  erasure_contact: {
    kept: because('until the erasure is done'),
    erased: because('the work list of an erasure, deleted when the erasure ends'),
    columns: { contact_digest: 'digest', sealed_id: 'sealed' },
  },
}

/** A column that a key of ENCRYPTION_KEYS seals. */
export type WrappedPlace = {
  table: string
  /** The key of the table's rows, in SQL. Rows are resealed in the order of this key. */
  row: string
  sealed: string
  /** The column with the id of the key that sealed the value. */
  keyId: string
  /** Other columns that the context needs, in SQL. */
  reads: string
  /** The purpose for which the value is sealed. */
  context(row: Readonly<Record<string, unknown>>): string
}

const dataKey = (table: string, contextOf: (id: string) => string): WrappedPlace => ({
  table,
  row: 'id',
  ...{ sealed: 'data_key', keyId: 'data_key_id', reads: 'null as more' },
  context: ({ key }) => contextOf(key as string),
})

const endpointSecret = (sealed: string): WrappedPlace => ({
  table: 'sync_endpoint',
  row: 'id',
  ...{ sealed, keyId: `${sealed}_key_id`, reads: 'tenant_id, name' },
  context: (row) => secretContext(row['tenant_id'] as string, row['name'] as string),
})

/**
 * All `wrapped` columns of `PLACES`. The store's own secret comes last. So when this secret is
 * resealed, all other values are already resealed.
 */
export const WRAPPED_PLACES: readonly WrappedPlace[] = [
  dataKey('upload', ofUpload),
  dataKey('dnc_submission', ofSubmission),
  dataKey('guest_file', ofGuestFile),
  dataKey('registry_edition', ofEdition),
  endpointSecret('secret'),
  endpointSecret('previous_secret'),
  {
    table: 'signing_key',
    row: 'id',
    ...{ sealed: 'sealed', keyId: 'key_id', reads: 'null as more' },
    context: ({ key }) => signingContext(key as string),
  },
  {
    table: 'store_secret',
    row: 'name',
    ...{ sealed: 'sealed', keyId: 'key_id', reads: 'null as more' },
    context: ({ key }) => key as string,
  },
]
