import { SEEN_STATES, type Upload } from '../../domain/uploads/upload.ts'
import type { Page } from '../../workflows/ports/uploads/uploads.ts'
import { ENGLISH } from '../texts/texts.ts'
import type { ListQuery } from './upload-filter.ts'

const { states } = ENGLISH

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

/** A page of uploads as the list shows it, with the filter that it answers. */
export const listModel = ({ items, next }: Page<Upload>, query: Partial<ListQuery>) => {
  const { cursor, ...filter } = query as ListQuery
  return {
    lines: items.map(lineOf),
    filter,
    filtered: Object.values(filter).some((value) => value !== undefined),
    states: SEEN_STATES.map((state) => ({ state, label: states[state] })),
    first: cursor === undefined ? null : linkOf(filter),
    next: next === null ? null : linkOf({ ...filter, cursor: next }),
    searched: null as string | null,
    byContact: false,
  }
}
