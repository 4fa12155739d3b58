import { FINAL_STATES, type Upload } from '../../domain/uploads/upload.ts'
import { ENGLISH } from '../texts/texts.ts'
import type { Timeline } from './timeline.ts'
import { actionsOf, type UploadActions } from './upload-actions.ts'
import { rowCodeWords, uploadProblemWords, warningWords } from './upload-words.ts'

const { upload: words, states, holds } = ENGLISH

const settledOf = ({ counts }: Upload): number =>
  counts.delivered + counts.unchanged + counts.failed + counts.unprocessed

type SumLine = { label: string; rows: number; outcome: string | null }

/**
 * The lines of two sums: the rows read, and the rows accepted. A reader of the page can add them
 * up.
 */
const sumsOf = (upload: Upload, isOwn: boolean): { read: SumLine[]; accepted: SumLine[] } => {
  const { counts } = upload
  const line = (name: keyof typeof words.counts, rows: number, outcome: string | null = null) => ({
    label: words.counts[name],
    rows,
    outcome: isOwn && rows > 0 ? outcome : null,
  })
  const onTheWay = counts.accepted - settledOf(upload)
  return {
    read: [
      line('accepted', counts.accepted),
      line('rejected', counts.rejected, 'rejected'),
      line('duplicates', counts.duplicates, 'duplicate'),
      line('suppressed', counts.suppressed, 'suppressed'),
      line('blank', counts.blank),
    ],
    accepted: [
      line('delivered', counts.delivered, 'delivered'),
      line('unchanged', counts.unchanged, 'unchanged'),
      line('failed', counts.failed, 'failed'),
      line('unprocessed', counts.unprocessed, 'unprocessed'),
      ...(onTheWay > 0 ? [line('onTheWay', onTheWay)] : []),
    ],
  }
}

const rejectionsOf = ({ rejections }: Upload) =>
  Object.entries(rejections)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, rows]) => ({ rows, ...rowCodeWords(code) }))

const columnsOf = ({ columns }: Upload) =>
  columns.map(({ name, kind, mappedTo, by, confidence }) => ({
    name,
    kind: words.kinds[kind],
    mappedTo,
    how: by === undefined || by === null ? null : words.mappedBy[by],
    confidence:
      confidence === undefined || confidence === null ? null : Math.round(confidence * 100),
  }))

/** Unprocessed rows do not count, so the bar of a cancelled upload is not full. */
const progressOf = (upload: Upload) => {
  const { progress, counts } = upload
  const settled = settledOf(upload) - counts.unprocessed
  return {
    settled,
    accepted: counts.accepted,
    percent: counts.accepted === 0 ? 100 : Math.floor((settled / counts.accepted) * 100),
    perSecond: progress?.rowsPerSecond ?? null,
    etaAt: progress?.etaAt ?? null,
  }
}

const sourceOf = ({ source }: Upload) => ({
  ...source,
  format: words.formats[source.format],
})

const NO_ACTIONS: UploadActions = { apply: null, moves: [], retry: [] }

/**
 * The model of the page of one upload. `tenant`: the name of the upload's tenant, if this is not
 * the viewer's own tenant. The page then shows no rows and offers no actions.
 */
export const uploadModel = (
  upload: Upload,
  { moments, isCut }: Timeline = { moments: [], isCut: false },
  tenant: string | null = null,
) => ({
  id: upload.id,
  tenant: tenant === null ? null : { id: upload.tenantId, name: tenant },
  name: upload.source.fileName ?? upload.id,
  list: upload.contactListId,
  state: upload.state,
  stateLabel: states[upload.state],
  ended: FINAL_STATES.includes(upload.state),
  version: upload.version,
  overwrite: upload.mode === 'overwrite',
  createdAt: upload.createdAt,
  progress: progressOf(upload),
  waits: upload.waitingFor && {
    text: words.waits[upload.waitingFor.reason],
    since: upload.waitingFor.since,
  },
  cancelling: upload.cancelRequested && upload.completedAt === null,
  hold: upload.hold && { ...holds[upload.hold.reason], since: upload.hold.since },
  notBefore: upload.notBefore,
  problem: upload.problem && {
    ...uploadProblemWords(upload.problem.code),
    detail: upload.problem.detail,
  },
  warnings: warningWords(upload),
  counts: upload.counts,
  sums: sumsOf(upload, tenant === null),
  rejections: rejectionsOf(upload),
  columns: columnsOf(upload),
  plan: upload.plan,
  reconciliation: upload.reconciliation && {
    ...upload.reconciliation,
    text: words.reconciliation.states[upload.reconciliation.state],
    differences: Object.entries(upload.reconciliation.differences),
  },
  moments,
  momentsCut: isCut,
  source: sourceOf(upload),
  batches: upload.delivery.batches,
  method: words.methods[upload.delivery.method],
  parentId: upload.parentId,
  children: upload.children,
  actions: tenant === null ? actionsOf(upload) : NO_ACTIONS,
})
