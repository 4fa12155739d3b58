import { GatewayProblem } from '../../../src/domain/problems/problem.ts'

const noCampaign = async (): Promise<never> => {
  throw new GatewayProblem(
    'not-found',
    'The campaign does not exist, or your tenant may not use it.',
  )
}
/** The parts that a server over fakes does not have. Every call of them finds nothing. */
export const NO_SEGMENTS = {
  putSegment: noCampaign,
  rollBackSegment: noCampaign,
  previewSegment: noCampaign,
  resumeSegment: noCampaign,
  readSegments: {
    ...{ find: noCampaign, version: noCampaign, versions: noCampaign },
    list: async () => ({ items: [], next: null }),
  },
}

const noSubmission = async (): Promise<never> => {
  throw new GatewayProblem('not-found', 'The submission does not exist.')
}
export const NO_ENTRIES = {
  askPull: noSubmission,
  releaseSubmission: noSubmission,
  resumeSubmission: noSubmission,
  searchEntries: async () => [],
  receiveEntries: async (): Promise<never> => {
    throw new GatewayProblem('dnc-no-entries', 'The body has no entry. Send at least one.')
  },
  receiveGuestFile: async (): Promise<never> => {
    throw new GatewayProblem('file-empty', 'The file has no bytes.')
  },
  cancelGuestFile: async (): Promise<never> => {
    throw new GatewayProblem('not-found', 'The guest file does not exist.')
  },
  guestFiles: { find: async () => null },
  guestFileMaxBytes: 10_485_760,
  deliveredBefore: {
    page: async () => ({ items: [], next: null }),
    summary: async () => ({
      looked: true,
      counts: { open: 0, retracted: 0, gone: 0, reported: 0 },
      unfilled: 0,
    }),
  },
  dncTakes: { phone: true, email: true, removals: true } as const,
  dncSubmissions: {
    find: async () => null,
    knowsList: async () => true,
    knownLists: async () => [],
    list: async () => ({ items: [], next: null }),
    // eslint-disable-next-line require-yield
    exportEntries: async function* (): AsyncGenerator<never, void> {
      return
    },
    // eslint-disable-next-line require-yield
    ledgerRows: async function* (): AsyncGenerator<never, void> {
      return
    },
  },
}

export const noAccess = async (): Promise<never> => {
  throw new GatewayProblem('not-found', 'Not found.')
}
export const NO_ACCESS = {
  tenants: {
    create: async (): Promise<never> => {
      throw new GatewayProblem('tenant-exists', 'A tenant with this name exists.')
    },
    find: noAccess,
    list: async () => ({ items: [], next: null }),
    change: noAccess,
  },
  signingKeys: { list: async () => [] },
  issueCertificate: noAccess,
  readEvidence: async (): Promise<never> => {
    throw new GatewayProblem('evidence-time-invalid', '`from` must be before `to`.')
  },
  audit: {
    list: async () => ({ items: [], next: null }),
    newest: async () => ({ items: [], next: null }),
    all: async function* () {},
    lines: async () => (async function* () {})(),
    verify: async () => ({
      ok: true,
      head: { block: 0, hash: '0'.repeat(64) },
      ...{ firstBlock: null, lastBlock: null, blocks: 0, entries: 0, faults: [] },
      waiting: { entries: 0, oldestSeconds: 0 },
      strayEntries: 0,
    }),
  },
  keys: {
    create: noAccess,
    find: noAccess,
    list: async () => ({ items: [], next: null }),
    rotate: noAccess,
    revoke: noAccess,
  },
}

export const NO_REGISTRIES = {
  registries: {
    find: async () => null,
    list: async () => [],
    editions: async () => [],
    findEdition: async () => null,
    receiving: async () => [],
  },
  putRegistry: async (): Promise<never> => {
    throw new GatewayProblem('registry-fixed', 'The registry is fixed.')
  },
  removeEdition: noAccess,
  receiveEdition: noAccess,
}
