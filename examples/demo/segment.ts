import { createSegmentClient, type SegmentView } from '../../test/support/segments/segment-stage.ts'
import { type Check, heading, number, say, showChecks } from './screen.ts'
import type { DemoStage } from './stage.ts'

/**
 * Shows whom a campaign dials: a wrong definition, the correct definition, and whom Genesys would
 * really dial.
 */
const COLUMNS = [
  { name: 'customerId', kind: 'text', required: true },
  { name: 'phoneNumber', kind: 'phone' },
  ...['age', 'region', 'score', 'tier', 'do_not_call'].map((name) => ({ name, kind: 'text' })),
]
const CONTACTS = 2_000
const REGIONS = ['NW', 'CA', 'TX', 'FL']
const TIERS = ['gold', 'basic', '']
const SHOWN = 8

/** Made-up people. Every seventh has no age, and every eleventh must not be called. */
const fileOf = (): string => {
  const rows = Array.from({ length: CONTACTS }, (_, at) =>
    [
      `person-${at}`,
      `+1212555${String(at).padStart(4, '0')}`,
      at % 7 === 0 ? '' : 18 + (at % 60),
      REGIONS[at % REGIONS.length],
      (at * 37) % 101,
      TIERS[at % TIERS.length],
      at % 11 === 0 ? 'true' : '',
    ].join(','),
  )
  return [COLUMNS.map(({ name }) => name).join(','), ...rows].join('\n')
}

const age = (operator: string, value: number) => ({ attribute: 'age', operator, value })

const mistaken = (listId: string) => ({
  contactListIds: [listId],
  conditions: {
    any: [
      { all: [age('<', 20), age('>', 60)] },
      age('>=', 30),
      age('>=', 50),
      { not: { attribute: 'tier', operator: '=', value: 'basic' } },
    ],
  },
})

const meant = (listId: string) => ({
  listIds: [listId],
  demographicMatrix: { age: { min: 25, max: 55 }, region: { allowed: ['NW', 'CA', 'TX'] } },
  exclusionRules: [{ attribute: 'score', operator: '<', value: '30' }],
})

const showFindings = ({ findings }: SegmentView['analysis']): void => {
  for (const { code, path, otherPath, detail } of findings) {
    const places = [path === '' ? 'the whole' : path, ...(otherPath ? [otherPath] : [])]
    say(`${code.padEnd(24)} ${places.join(' and ')}: ${detail}`)
  }
}

const showCounts = ({ matches, change }: SegmentView['analysis']): void => {
  if (matches === null) return say('no counts')
  say(`${number(matches.selected)} of ${number(matches.total)} contacts, by ${matches.basis}`)
  for (const { path, removed } of matches.byExclusion) say(`${path} removes ${number(removed)}`)
  if (change) say(`${number(change.enter)} enter, ${number(change.leave)} leave`)
}

const post = async (address: string, path: string, body: object): Promise<void> => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${address}${path}`, {
    ...{ method: 'POST', headers, body: JSON.stringify(body) },
  })
  if (!response.ok) throw new Error(`The sandbox answered ${await response.text()}`)
}

const fill = async ({ sandbox, client }: DemoStage, listId: string): Promise<void> => {
  await post(sandbox.address, '/_sandbox/lists', {
    ...{ id: listId, name: 'People', columns: COLUMNS },
  })
  await post(sandbox.address, '/_sandbox/campaigns', {
    ...{ id: listId, name: 'Demo of segments', contactListId: listId },
  })
  const { body, status, text } = await client.upload(listId, fileOf())
  if (status !== 202) throw new Error(`The upload was answered ${status}: ${text}`)
  await client.finished(body.id)
}

const dialledBy = async ({ sandbox }: DemoStage, campaignId: string): Promise<string[]> => {
  const response = await fetch(`${sandbox.address}/_sandbox/campaigns/${campaignId}`)
  return ((await response.json()) as { dials: string[] }).dials
}

/** Whether a person fulfils the conditions. The demo itself calculates this, not the gateway. */
const fits = (at: number): boolean =>
  at % 7 !== 0 &&
  18 + (at % 60) >= 25 &&
  18 + (at % 60) <= 55 &&
  at % REGIONS.length !== 3 &&
  (at * 37) % 101 >= 30 &&
  at % 11 !== 0

const checksOf = (segment: SegmentView, dials: string[], told: boolean): Check[] => {
  const people = dials.map((id) => Number(id.slice('person-'.length)))
  const wanted = Array.from({ length: CONTACTS }, (_, at) => at).filter(fits)
  return [
    { what: 'the segment is applied', holds: segment.state === 'applied', detail: '' },
    {
      what: 'the campaign dials as many as were counted',
      holds: dials.length === segment.analysis.matches?.selected,
      detail: number(dials.length),
    },
    {
      what: 'and exactly those who were meant',
      holds: people.length === wanted.length && people.every(fits),
      detail: number(wanted.length),
    },
    {
      what: 'nobody who must not be called is dialled',
      holds: people.every((at) => at % 11 !== 0),
      detail: '',
    },
    { what: 'the endpoint was notified', holds: told, detail: 'segment.applied' },
  ]
}

export const playSegment = async (stage: DemoStage): Promise<boolean> => {
  const id = `${stage.listId}-people`
  const segments = createSegmentClient(stage.client, id)
  heading(`1  The CRM sends ${number(CONTACTS)} people to contact list ${id}`)
  await fill(stage, id)
  heading('2  A definition with mistakes, checked before anything is sent')
  const preview = await segments.preview(mistaken(id))
  if (preview.status !== 200) throw new Error(preview.text)
  showFindings(preview.body.analysis)
  showCounts(preview.body.analysis)
  heading('3  The correct definition, in the short form')
  const put = await segments.put(meant(id))
  if (put.status !== 202) throw new Error(put.text)
  showFindings(put.body.analysis)
  showCounts(put.body.analysis)
  say(JSON.stringify(put.body.compiled.rules ?? put.body.compiled.filter))
  const applied = await segments.ended()
  say(`version ${applied.version} is ${applied.state}`)
  const dials = await dialledBy(stage, id)
  heading('4  Whom Genesys would dial')
  say(`${dials.slice(0, SHOWN).join(', ')} … ${number(dials.length)} in all`)
  heading('5  A change of everybody needs a confirmation')
  const nobody = { contactListIds: [id], conditions: { all: [age('<', 20), age('>', 60)] } }
  const refused = await segments.put(nobody)
  say(`${refused.status} ${refused.body.code}: ${refused.body.reasons?.join(', ')}`)
  const told = await stage.crm.message(({ type }) => type === 'segment.applied')
  heading('6  The sums')
  return showChecks([
    ...checksOf(applied, dials, told.type === 'segment.applied'),
    {
      what: 'a segment that dials nobody was not applied',
      holds: refused.status === 409 && (await segments.find()).version === applied.version,
      detail: '',
    },
  ])
}
