import { DO_NOT_CALL, DO_NOT_CALL_SEARCH } from './do-not-call/do-not-call-pages.ts'
import {
  DNC_ADD,
  DNC_PULL,
  DNC_RELEASE,
  DNC_REMOVE,
  DNC_RESUME,
  DNC_SUBMISSION,
} from './do-not-call/submission-pages.ts'
import type { TableEntry } from './frame/page.ts'
import { OVERVIEW, OVERVIEW_LIVE } from './overview/overview-page.ts'
import { PEOPLE, PEOPLE_EXPLAIN } from './people/people-pages.ts'
import { UPLOAD_CHECK, UPLOAD_NEW, UPLOAD_SEND } from './uploads/new/new-upload-pages.ts'
import { UPLOAD_MEND, UPLOAD_MEND_REVEAL, UPLOAD_MEND_SEND } from './uploads/rows/mend-pages.ts'
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
  UPLOAD_LIVE,
  UPLOAD_MOVE,
  UPLOAD_RETRY,
} from './uploads/upload-page.ts'

/** Every page and every button of the console; the menu has those with `menu`, in this order. */
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
  UPLOAD_ROWS,
  UPLOAD_ROWS_REVEAL,
  UPLOAD_ROWS_FIND,
  UPLOAD_ROWS_FILE,
  UPLOAD_MEND,
  UPLOAD_MEND_REVEAL,
  UPLOAD_MEND_SEND,
  PEOPLE,
  PEOPLE_EXPLAIN,
  DO_NOT_CALL,
  DO_NOT_CALL_SEARCH,
  DNC_ADD,
  DNC_REMOVE,
  DNC_PULL,
  DNC_SUBMISSION,
  DNC_RELEASE,
  DNC_RESUME,
]
