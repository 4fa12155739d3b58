import { subjectDigest } from '../../domain/do-not-call/subject.ts'
import { subjectKindOf } from '../../domain/uploads/subject-columns.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import type { EvidenceSubject } from '../ports/proof/evidence.ts'
import type { ExplainStore } from '../ports/uploads/explain.ts'
import { ifKept, type UploadStore } from '../ports/uploads/uploads.ts'
import { newestWithContact } from '../uploads/watch/find-contact-uploads.ts'
import { inFileOrder } from '../uploads/watch/write-ledger.ts'

/** A number or address of a contact, and the column that has it. */
export type ContactSubject = {
  /** Hexadecimal keyed digest, the same as in evidence. */
  digest: string
  column: string
  subject: EvidenceSubject
}

/**
 * The numbers and addresses of a contact, from its rows that were not rejected, the newest upload
 * first. Empty: no row of the newest uploads to the list has the contact, the rows are past their
 * retention, or the contact has neither a number nor an address.
 */
export type FindContactSubjects = (input: {
  tenantId: string
  contactListId: string
  contactId: string
}) => Promise<ContactSubject[]>

type Deps = {
  explain: Pick<ExplainStore, 'uploadsOf'>
  uploads: Pick<UploadStore, 'ledger'>
  digestKey: Buffer
}

const subjectsOf = (
  { digestKey }: Pick<Deps, 'digestKey'>,
  { columns }: Pick<Upload, 'columns'>,
  cells: readonly string[],
): ContactSubject[] =>
  columns.flatMap((column, at) => {
    const value = cells[at] ?? ''
    const kind = subjectKindOf(column)
    if (value === '' || kind === null) return []
    const digest = subjectDigest(digestKey, value).toString('hex')
    return [{ digest, column: column.name, subject: { kind, value } }]
  })

/**
 * Searches the newest 20 uploads to the list. If several rows have the same number or address,
 * `column` is the column in the newest upload. Does not check the grant for the list.
 */
export const createFindContactSubjects =
  (deps: Deps): FindContactSubjects =>
  async (asked) => {
    const found = new Map<string, ContactSubject>()
    for (const { upload, lines } of await newestWithContact(deps, asked)) {
      for (const line of lines) {
        const one = { outcomes: [], afterLine: line - 1, limit: 1 }
        const row = (await ifKept(deps.uploads.ledger(upload.id, one)))?.rows[0]
        if (row?.line !== line) continue
        for (const subject of subjectsOf(deps, upload, inFileOrder(upload)(row).cells)) {
          if (!found.has(subject.digest)) found.set(subject.digest, subject)
        }
      }
    }
    return [...found.values()]
  }
