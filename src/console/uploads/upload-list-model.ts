import { SEEN_STATES, type SeenState, type Upload } from '../../domain/uploads/upload.ts'
import type { Page } from '../../workflows/ports/uploads/uploads.ts'
import type {
  BulkAction,
  ControlledUploads,
} from '../../workflows/uploads/control/control-uploads.ts'
import { ENGLISH, fill } from '../texts/texts.ts'
import type { ListQuery } from './upload-filter.ts'

const { states, uploads: words } = ENGLISH
type Counted = typeof words.why.other

const lineOf = (upload: Upload) => {
  const { counts } = upload
  return {
    id: upload.id,
    name: upload.source.fileName ?? upload.id,
    list: upload.contactListId,
    state: upload.state,
    stateLabel: states[upload.state],
    why: upload.hold === null ? null : ENGLISH.holds[upload.hold.reason].why,
    read: counts.read,
    delivered: counts.delivered + counts.unchanged,
    rejected: counts.rejected,
    failed: counts.failed + counts.unprocessed,
    createdAt: upload.createdAt,
  }
}

const linkOf = (query: ListQuery): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return `/console/uploads?${new URLSearchParams(given as [string, string][]).toString()}`
}

/** For each action, the states of an upload that allow it. */
const TAKEN_IN: Record<BulkAction, readonly SeenState[]> = {
  apply: ['held'],
  pause: ['staged', 'delivering', 'awaiting_completion', 'held'],
  resume: ['held', 'paused'],
  cancel: ['staged', 'delivering', 'awaiting_completion', 'held', 'paused'],
  retry: ['completed_with_errors', 'failed', 'cancelled'],
}
const actionsOf = (state: SeenState | undefined): BulkAction[] =>
  (Object.keys(TAKEN_IN) as BulkAction[]).filter(
    (action) => state === undefined || TAKEN_IN[action].includes(state),
  )

/** The result of an action on the uploads that a filter selects. */
export const movedModel = (
  action: BulkAction,
  { done, skipped, why, next }: ControlledUploads,
) => ({
  skipped,
  next,
  any: done > 0,
  done: fill(words.moved[action], { count: done }),
  why: Object.entries(why).map(([code, count]) => ({
    words: fill((words.why as Record<string, Counted>)[code] ?? words.why.other, { count }),
  })),
})

/** A page of uploads as the list shows it. `query`: the filter by which they were found. */
export const listModel = ({ items, next }: Page<Upload>, query: Partial<ListQuery>) => {
  const { cursor, ...filter } = query as ListQuery
  return {
    lines: items.map(lineOf),
    actions: actionsOf(filter.state),
    filter,
    filtered: Object.values(filter).some((value) => value !== undefined),
    states: SEEN_STATES.map((state) => ({ state, label: states[state] })),
    first: cursor === undefined ? null : linkOf(filter),
    next: next === null ? null : linkOf({ ...filter, cursor: next }),
    searched: null as string | null,
    byContact: false,
  }
}
