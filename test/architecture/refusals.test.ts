import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import * as access from '../../src/workflows/access/refusals.ts'
import {
  GENESYS_REFUSALS,
  PROVISION_REFUSALS,
  READ_LIST_REFUSALS,
} from '../../src/workflows/contact-lists/refusals.ts'
import * as doNotCall from '../../src/workflows/do-not-call/refusals.ts'
import * as registries from '../../src/workflows/do-not-call/registries/refusals.ts'
import * as endpoints from '../../src/workflows/endpoints/refusals.ts'
import { ASK_ERASURE_REFUSALS } from '../../src/workflows/erasures/refusals.ts'
import { WEBHOOK_REFUSALS } from '../../src/workflows/genesys-events/refusals.ts'
import {
  CANCEL_FILE_REFUSALS,
  RECEIVE_FILE_REFUSALS,
} from '../../src/workflows/guest-files/refusals.ts'
import * as proof from '../../src/workflows/proof/refusals.ts'
import * as segments from '../../src/workflows/segments/refusals.ts'
import * as uploads from '../../src/workflows/uploads/refusals.ts'

/**
 * A use case declares the codes with which it refuses calls, and its type makes the routes declare
 * them too. This test checks that the list is complete: it must have every code in a module of the
 * use case, or in a module that such a module imports.
 */
type Use = {
  modules: string[]
  declared: readonly string[]
  /** Codes in a module that this use case can never answer with, each with the reason. */
  never?: Record<string, string>
}

const workflow = (path: string): string => `src/workflows/${path}.ts`

const USES: Record<string, Use> = {
  receiveUpload: {
    modules: [workflow('uploads/receive/receive-upload'), workflow('contact-lists/extend-list')],
    declared: uploads.RECEIVE_REFUSALS,
  },
  controlUpload: {
    modules: [workflow('uploads/control/control-upload')],
    declared: uploads.CONTROL_REFUSALS,
  },
  seeUploads: {
    modules: [workflow('uploads/watch/see-uploads')],
    declared: uploads.SEE_REFUSALS,
  },
  applyUpload: {
    modules: [workflow('uploads/control/apply-upload')],
    declared: uploads.APPLY_REFUSALS,
  },
  retryUpload: {
    modules: [workflow('uploads/control/retry-upload')],
    declared: uploads.RETRY_REFUSALS,
    never: {
      'capability-not-available': 'a retry asks for no way of delivery',
      'option-invalid': 'a retry takes no options of an upload',
    },
  },
  issueCertificate: {
    modules: [workflow('proof/issue-certificate')],
    declared: proof.CERTIFICATE_REFUSALS,
  },
  readEvidence: {
    modules: [workflow('proof/read-evidence')],
    declared: proof.EVIDENCE_REFUSALS,
  },
  askErasure: {
    modules: [workflow('erasures/ask-erasure')],
    declared: ASK_ERASURE_REFUSALS,
  },
  receiveEntries: {
    modules: [workflow('do-not-call/receive-entries')],
    declared: doNotCall.SUBMIT_ENTRIES_REFUSALS,
  },
  moveSubmission: {
    modules: [workflow('do-not-call/read-entries')],
    declared: doNotCall.MOVE_SUBMISSION_REFUSALS,
  },
  askPull: {
    modules: [workflow('do-not-call/pulls/ask-pull')],
    declared: doNotCall.ASK_PULL_REFUSALS,
  },
  receiveEdition: {
    modules: [workflow('do-not-call/registries/receive-edition')],
    declared: registries.RECEIVE_EDITION_REFUSALS,
    never: { unauthorized: 'an edition is accepted by the right that the call began with' },
  },
  registries: {
    modules: [workflow('do-not-call/registries/registry-uses')],
    declared: [...registries.PUT_REGISTRY_REFUSALS, ...registries.REMOVE_EDITION_REFUSALS],
  },
  cancelGuestFile: {
    modules: [workflow('guest-files/cancel-guest-file')],
    declared: CANCEL_FILE_REFUSALS,
  },
  receiveGuestFile: {
    modules: [workflow('guest-files/receive-guest-file')],
    declared: RECEIVE_FILE_REFUSALS,
  },
  tenants: {
    modules: [workflow('access/tenants')],
    declared: [...access.CREATE_TENANT_REFUSALS, ...access.CHANGE_TENANT_REFUSALS],
  },
  keys: {
    modules: [workflow('access/keys')],
    declared: [...access.CREATE_KEY_REFUSALS, ...access.ROTATE_KEY_REFUSALS],
  },
  putSegment: {
    modules: [workflow('segments/put-segment')],
    declared: segments.PUT_SEGMENT_REFUSALS,
  },
  previewSegment: {
    modules: [workflow('segments/prepare-segment'), workflow('segments/refuse-settings')],
    declared: segments.PREVIEW_SEGMENT_REFUSALS,
  },
  readSegments: {
    modules: [workflow('segments/read-segments')],
    declared: segments.READ_SEGMENT_REFUSALS,
    never: { 'segment-not-held': 'of resume only' },
  },
  resumeSegment: {
    modules: [workflow('segments/read-segments')],
    declared: segments.RESUME_SEGMENT_REFUSALS,
  },
  explainContact: {
    modules: [workflow('uploads/watch/explain-contact')],
    declared: uploads.EXPLAIN_REFUSALS,
  },
  provisionContactList: {
    modules: [workflow('contact-lists/provision-contact-list')],
    declared: PROVISION_REFUSALS,
    never: { 'not-found': 'the list is being made' },
  },
  readContactList: {
    modules: [workflow('contact-lists/read-contact-lists')],
    declared: READ_LIST_REFUSALS,
  },
  listContactLists: {
    modules: [workflow('contact-lists/read-contact-lists')],
    declared: GENESYS_REFUSALS,
    never: { 'not-found': 'of one list only' },
  },
  webhookEndpoints: {
    modules: [workflow('endpoints/webhook-endpoints')],
    declared: Object.values(endpoints).flat(),
  },
  receiveWebhook: {
    modules: [workflow('genesys-events/receive-webhook')],
    declared: WEBHOOK_REFUSALS,
  },
}

/** Modules of which values are imported, not only types. */
const importsOf = (path: string, text: string): string[] =>
  [...text.matchAll(/^import (?!type )[^;']*?from '(\.[^']+)'/gmu)].map(([, to]) =>
    join(dirname(path), to!),
  )

const codesReachable = (entries: readonly string[]): Set<string> => {
  const codes = new Set<string>()
  const seen = new Set<string>()
  const queue = [...entries]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    const text = readFileSync(path, 'utf8')
    for (const [, code] of text.matchAll(/new GatewayProblem\(\s*'([a-z-]+)'/gu)) codes.add(code!)
    queue.push(...importsOf(path, text))
  }
  return codes
}

for (const [name, { modules, declared, never = {} }] of Object.entries(USES)) {
  test(`${name} declares every code that its modules refuse with`, () => {
    assert.ok(modules.every((path) => existsSync(path)))
    const reachable = [...codesReachable(modules)]
    assert.ok(reachable.length > 0)
    const silent = reachable.filter((code) => !declared.includes(code) && !(code in never))
    assert.deepEqual(silent, [])
    const stale = Object.keys(never).filter((code) => !reachable.includes(code))
    assert.deepEqual(stale, [], 'exceptions that are none')
  })
}

test('every list of codes in a refusals.ts belongs to a use that is looked at here', async () => {
  const looked = Object.values(USES).map(({ declared }) => declared)
  const files = globSync('src/workflows/**/refusals.ts')
  assert.ok(files.length >= 4)
  for (const path of files) {
    const exported = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>
    for (const [name, codes] of Object.entries(exported)) {
      // Other exports are about batches that Genesys refuses.
      if (!Array.isArray(codes)) continue
      const held = looked.some((declared) => codes.every((code) => declared.includes(code)))
      assert.ok(held, `${path}: ${name} is missing in this test`)
    }
  }
})

test('a code that a module of a use throws and the use does not declare is caught', () => {
  const { modules, declared } = USES['receiveUpload']!
  const without = declared.filter((code) => code !== 'overwrite-not-confirmed')
  const silent = [...codesReachable(modules)].filter((code) => !without.includes(code))
  assert.deepEqual(silent, ['overwrite-not-confirmed'])
})
