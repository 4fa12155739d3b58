import { brokenSums, type UploadCounts } from '../../src/domain/uploads/upload.ts'
import type { Ledger } from '../../src/sandbox/state/ledger.ts'
import type { CrmMessage } from '../../test/support/gateway/crm-receiver.ts'
import type { UploadView } from '../../test/support/gateway/gateway-client.ts'
import { differences } from '../../test/support/stages/contact-file.ts'
import type { ExpectedOutcome } from './contacts.ts'
import { type Check, number } from './screen.ts'

const PAGE = 10_000

type Held = Map<string, Record<string, string | null>>

/** All contacts that the sandbox has in a list, read page by page. */
export const readContents = async (sandboxUrl: string, listId: string): Promise<Held> => {
  const held: Held = new Map()
  let cursor: number | null = 0
  while (cursor !== null) {
    const response = await fetch(
      `${sandboxUrl}/_sandbox/lists/${listId}/contacts?cursor=${cursor}&limit=${PAGE}`,
    )
    const page = (await response.json()) as {
      contacts: { contactId: string; fields: Record<string, string | null> }[]
      next: number | null
    }
    for (const { contactId, fields } of page.contacts) held.set(contactId, fields)
    cursor = page.next
  }
  return held
}

export const readLedger = async (sandboxUrl: string, listId: string): Promise<Ledger> => {
  const response = await fetch(`${sandboxUrl}/_sandbox/ledger?listId=${listId}`)
  return (await response.json()) as Ledger
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const sorted = (tally: Record<string, number>): [string, number][] =>
  Object.entries(tally).toSorted(([a], [b]) => a.localeCompare(b))

const countChecks = (upload: UploadView, expected: ExpectedOutcome): Check[] => {
  const checks: Check[] = Object.entries(expected.counts).map(([name, value]) => {
    const got = upload.counts[name as keyof UploadCounts]
    return {
      what: `${name} is as the generator expects`,
      holds: got === value,
      detail: got === value ? number(value) : `${number(got)}, not ${number(value)}`,
    }
  })
  const broken = brokenSums(upload.counts, true)
  const { counts } = upload
  checks.push(
    {
      what: 'the reasons of rejection are as the generator expects',
      holds: same(sorted(upload.rejections), sorted(expected.rejections)),
      detail: sorted(upload.rejections)
        .map(([code, rows]) => `${code} ${rows}`)
        .join(', '),
    },
    {
      what: 'read = accepted + rejected + duplicates + suppressed + blank',
      holds: !broken.includes('read'),
      detail: `${counts.read} = ${counts.accepted} + ${counts.rejected} + ${counts.duplicates} + ${counts.suppressed} + ${counts.blank}`,
    },
    {
      what: 'accepted = delivered + unchanged + failed + unprocessed',
      holds: !broken.includes('accepted'),
      detail: `${counts.accepted} = ${counts.delivered} + ${counts.unchanged} + ${counts.failed} + ${counts.unprocessed}`,
    },
    {
      what: 'every accepted contact was delivered',
      holds: counts.delivered === counts.accepted,
      detail: '',
    },
  )
  return checks
}

const genesysChecks = (held: Held, ledger: Ledger, expected: ExpectedOutcome): Check[] => {
  const off = differences(held, expected.contacts)
  return [
    {
      what: 'Genesys holds exactly the accepted contacts, each with its newest content',
      holds: off.length === 0,
      detail: off.length === 0 ? `${number(held.size)} compared` : off.join('; '),
    },
    {
      what: 'no request over the limit, no 429',
      holds: ledger.violations === 0 && ledger.throttled === 0,
      detail: `${ledger.requests.total} requests, ${ledger.throttled} answered 429`,
    },
    {
      what: 'no two writes to the list at a time',
      holds: ledger.lists[0]?.overlappingRequests === 0,
      detail: '',
    },
  ]
}

const crmChecks = (messages: readonly CrmMessage[], upload: UploadView): Check[] => [
  {
    what: 'the CRM was notified once, signed, with these counts',
    holds: messages.length === 1 && same(messages[0]?.data.counts, upload.counts),
    detail: `${messages.length} message(s)`,
  },
]

/** Checks everything that the demo promises. The demo fails if one check fails. */
export const demoChecks = (about: {
  upload: UploadView
  expected: ExpectedOutcome
  held: Held
  ledger: Ledger
  messages: readonly CrmMessage[]
}): Check[] => [
  ...countChecks(about.upload, about.expected),
  ...genesysChecks(about.held, about.ledger, about.expected),
  ...crmChecks(about.messages, about.upload),
]
