import fc from 'fast-check'

import type { ShipmentLaneOptions } from '../support/stages/shipment-lane.ts'

/** What happens to a lane, one step after the other. */
export type Step =
  | { kind: 'upload'; contacts: number[]; version: number }
  | { kind: 'cancel' | 'pause' | 'resume'; at: number }
  | { kind: 'deliver'; killAfter: number | null }

const contact = fc.nat({ max: 11 })
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('upload' as const),
        contacts: fc.uniqueArray(contact, { minLength: 1, maxLength: 3 }),
        // So few that contacts go back to a content that they had before.
        version: fc.nat({ max: 1 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('cancel' as const, 'pause' as const, 'resume' as const),
        at: fc.nat({ max: 20 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('deliver' as const),
        killAfter: fc.option(fc.integer({ min: 1, max: 40 })),
      }),
    },
  ),
  { minLength: 3, maxLength: 25 },
)

const one = (): Step => ({ kind: 'upload', contacts: [0], version: 0 })
export type Refusal = NonNullable<ShipmentLaneOptions['refusal']>
export const refusals = fc.constantFrom<Refusal[]>('unnamed', 'named', 'job')

/** Cases that once failed. */
export const KNOWN: [Step[], number[], number[], boolean, Refusal][] = [
  // In one request, a contact was changed and changed back. The older content was sent.
  [
    [
      one(),
      { kind: 'deliver', killAfter: null },
      { kind: 'upload', contacts: [0], version: 1 },
      one(),
    ],
    [],
    [],
    false,
    'unnamed',
  ],
  // The older of two contents was superseded and then cancelled, while nobody knew whether the
  // newer one had arrived. The older row was counted as failed.
  [
    [
      one(),
      one(),
      { kind: 'deliver', killAfter: 4 },
      { kind: 'cancel', at: 0 },
      one(),
      one(),
      one(),
    ],
    [],
    [],
    false,
    'unnamed',
  ],
]
