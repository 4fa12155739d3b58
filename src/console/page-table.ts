import { ACCESS, KEY, KEY_ADD, KEY_REVOKE, KEY_ROTATE } from './access/key-pages.ts'
import { TENANT, TENANT_ADD, TENANT_CHANGE, TENANT_LIMIT, TENANTS } from './access/tenant-pages.ts'
import { AUDIT, AUDIT_VERIFY } from './audit/audit-pages.ts'
import {
  DNC_DELIVERED_BEFORE,
  EDITION_DELIVERED_BEFORE,
} from './do-not-call/delivered-before-pages.ts'
import {
  DO_NOT_CALL,
  DO_NOT_CALL_LIVE,
  DO_NOT_CALL_SEARCH,
} from './do-not-call/do-not-call-pages.ts'
import { DNC_IMPORT } from './do-not-call/import-page.ts'
import {
  EDITION_LOAD,
  EDITION_REMOVE,
  REGISTRY_ADD,
  REGISTRY_CHANGE,
} from './do-not-call/registries/registry-forms.ts'
import { REGISTRIES, REGISTRY, REGISTRY_LIVE } from './do-not-call/registries/registry-pages.ts'
import {
  DNC_ADD,
  DNC_PULL,
  DNC_RELEASE,
  DNC_REMOVE,
  DNC_RESUME,
  DNC_SUBMISSION,
  DNC_SUBMISSION_LIVE,
} from './do-not-call/submission-pages.ts'
import {
  ENDPOINT_ADD,
  ENDPOINT_CHANGE,
  ENDPOINT_DELETE,
  ENDPOINT_REPLAY,
  ENDPOINT_REPLAY_DEAD,
  ENDPOINT_ROTATE,
  ENDPOINT_SWITCH,
  ENDPOINT_TEST,
} from './endpoints/endpoint-forms.ts'
import { ENDPOINT, ENDPOINT_LIVE, ENDPOINTS } from './endpoints/endpoint-pages.ts'
import type { TableEntry } from './frame/page.ts'
import {
  GUEST_FILE,
  GUEST_FILE_CANCEL,
  GUEST_FILE_LIVE,
  GUEST_FILES,
} from './guest-files/guest-file-pages.ts'
import { LIMITS } from './limits/limits-page.ts'
import { OVERVIEW, OVERVIEW_LIVE } from './overview/overview-page.ts'
import { PEOPLE_EVIDENCE } from './people/evidence-page.ts'
import { PEOPLE, PEOPLE_EXPLAIN } from './people/people-pages.ts'
import { SEGMENT_BUILD, SEGMENT_EDIT } from './segments/segment-edit.ts'
import { SEGMENT, SEGMENT_LIVE, SEGMENT_RESUME, SEGMENTS } from './segments/segment-pages.ts'
import { SEGMENT_ROLLBACK } from './segments/segment-rollback.ts'
import { UPLOAD_CHECK, UPLOAD_NEW, UPLOAD_SEND } from './uploads/new/new-upload-pages.ts'
import { UPLOAD_FIX, UPLOAD_FIX_REVEAL, UPLOAD_FIX_SEND } from './uploads/rows/fix-pages.ts'
import {
  UPLOAD_ROWS,
  UPLOAD_ROWS_FILE,
  UPLOAD_ROWS_FIND,
  UPLOAD_ROWS_REVEAL,
} from './uploads/rows/row-list-page.ts'
import { UPLOAD_SEARCH, UPLOADS, UPLOADS_MOVE } from './uploads/upload-list-page.ts'
import {
  UPLOAD,
  UPLOAD_APPLY,
  UPLOAD_CERTIFICATE,
  UPLOAD_LIVE,
  UPLOAD_MOVE,
  UPLOAD_RETRY,
} from './uploads/upload-page.ts'

/**
 * Every page and every button of the console, except for the sign-in and the sign-out. Pages with
 * `menu` are in the menu, in this order.
 */
export const TABLE: readonly TableEntry[] = [
  OVERVIEW,
  OVERVIEW_LIVE,
  UPLOADS,
  UPLOAD_SEARCH,
  UPLOADS_MOVE,
  UPLOAD_NEW,
  UPLOAD_CHECK,
  UPLOAD_SEND,
  UPLOAD,
  UPLOAD_LIVE,
  UPLOAD_MOVE,
  UPLOAD_APPLY,
  UPLOAD_RETRY,
  UPLOAD_CERTIFICATE,
  UPLOAD_ROWS,
  UPLOAD_ROWS_REVEAL,
  UPLOAD_ROWS_FIND,
  UPLOAD_ROWS_FILE,
  UPLOAD_FIX,
  UPLOAD_FIX_REVEAL,
  UPLOAD_FIX_SEND,
  PEOPLE,
  PEOPLE_EXPLAIN,
  PEOPLE_EVIDENCE,
  DO_NOT_CALL,
  DO_NOT_CALL_LIVE,
  DO_NOT_CALL_SEARCH,
  DNC_ADD,
  DNC_REMOVE,
  DNC_PULL,
  DNC_SUBMISSION,
  DNC_SUBMISSION_LIVE,
  DNC_DELIVERED_BEFORE,
  DNC_RELEASE,
  DNC_RESUME,
  DNC_IMPORT,
  REGISTRIES,
  REGISTRY_ADD,
  REGISTRY,
  REGISTRY_LIVE,
  REGISTRY_CHANGE,
  EDITION_LOAD,
  EDITION_REMOVE,
  EDITION_DELIVERED_BEFORE,
  GUEST_FILES,
  GUEST_FILE,
  GUEST_FILE_LIVE,
  GUEST_FILE_CANCEL,
  SEGMENTS,
  SEGMENT,
  SEGMENT_LIVE,
  SEGMENT_EDIT,
  SEGMENT_BUILD,
  SEGMENT_ROLLBACK,
  SEGMENT_RESUME,
  ENDPOINTS,
  ENDPOINT_ADD,
  ENDPOINT,
  ENDPOINT_LIVE,
  ENDPOINT_CHANGE,
  ENDPOINT_SWITCH,
  ENDPOINT_ROTATE,
  ENDPOINT_TEST,
  ENDPOINT_REPLAY,
  ENDPOINT_REPLAY_DEAD,
  ENDPOINT_DELETE,
  ACCESS,
  KEY_ADD,
  KEY,
  KEY_ROTATE,
  KEY_REVOKE,
  TENANTS,
  TENANT_ADD,
  TENANT,
  TENANT_CHANGE,
  TENANT_LIMIT,
  AUDIT,
  AUDIT_VERIFY,
  LIMITS,
]
