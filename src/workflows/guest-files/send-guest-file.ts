import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { isBad } from '../../domain/guest-files/guest-file.ts'
import type { FileSaid, FileThere } from '../ports/guest-files/guest-files.ts'
import type { SendGuestFile } from '../ports/guest-files/send-guest-file.ts'
import { confirm } from './confirm-guest-file.ts'
import {
  afterFailure,
  audited,
  contextOf,
  end,
  progressed,
  quarantine,
  step,
  waited,
  waitOn,
  renewUrl,
  type FileRun,
  type Next,
  type SendDeps,
  atGenesys,
} from './guest-file-run.ts'
import { storedBytes } from './stored-bytes.ts'

/**
 * A URL is valid for 15 minutes. The gateway requests a new one after 10 minutes [guide-api: Guest
 * files].
 */
const URL_FRESH_MS = 10 * 60_000

/**
 * Continues a file from the last stored step. Returns the milliseconds until the next step. null:
 * nothing is left to do.
 */
export const createSendGuestFile =
  (deps: SendDeps): SendGuestFile =>
  async ({ claim, file, place }, lease) => {
    const run: FileRun = { deps, claim, file, place, lease }
    try {
      for (;;) {
        const nextMs = await workOn(run)
        if (nextMs !== 'go on') return nextMs
      }
    } catch (error) {
      if (!(error instanceof GenesysFailure)) throw error
      return afterFailure(run, error)
    }
  }

const workOn = async (run: FileRun): Promise<Next> => {
  switch (run.file.state) {
    case 'scanning':
      return scan(run)
    case 'uploading':
      return transfer(run)
    case 'confirming':
      return confirm(run)
    case 'held':
      return run.file.progress.resume === 'confirming' ? confirm(run) : transfer(run)
    case 'stored':
      return follow(run)
    default:
      return null
  }
}

const scan = async (run: FileRun): Promise<Next> => {
  const { scanner, clock, emit } = run.deps
  const startedMs = clock.monotonicMs()
  const bytes = storedBytes(run)
  const result =
    scanner === null
      ? { verdict: 'not-configured' as const, engine: null }
      : await scanner.scan(bytes.pieces)
  bytes.assertRead()
  const { id: guestFileId } = run.file
  const durationMs = Math.round(clock.monotonicMs() - startedMs)
  emit('guest_file.scanned', { guestFileId, verdict: result.verdict, durationMs })
  const about = {
    scan: result,
    audit: [
      audited(
        run,
        { action: 'guest_file.scanned', details: { verdict: result.verdict } },
        {
          outcome:
            result.verdict === 'clean' || result.verdict === 'not-configured' ? 'ok' : 'failed',
          latencyMs: durationMs,
        },
      ),
    ],
  }
  if (result.verdict === 'infected') {
    return end(
      run,
      'rejected',
      'guest-file-infected',
      'The scanner found malware in the file.',
      about,
    )
  }
  if (result.verdict === 'unavailable') {
    const nextMs = await waitOn(run, about)
    return (
      nextMs ??
      end(run, 'failed', 'scanner-unavailable', 'The scanner gave no verdict for 24 hours.', about)
    )
  }
  await step(run, { ...about, state: 'uploading', progress: waited(run) })
  return 'go on'
}

const isFresh = (run: FileRun): boolean => {
  const { urlAskedAt, renew } = run.file.progress
  if (run.place === null || urlAskedAt === null || renew) return false
  return run.deps.clock.now().getTime() - Date.parse(urlAskedAt) < URL_FRESH_MS
}

/**
 * Step 1: gets an id and a URL from Genesys, and stores both before any byte is sent to the URL.
 */
const register = async (run: FileRun): Promise<void> => {
  const urlAskedAt = run.deps.clock.now().toISOString()
  const { fileId, place } = await run.deps.genesys.register(run.file, contextOf(run))
  const urls = run.file.progress.urls + 1
  const genesys = { fileId, status: null, virusScan: 'pending' } as const
  await step(run, {
    place,
    genesys,
    progress: progressed(run, { urls, urlAskedAt, renew: false, confirmAskedAt: null }),
    audit: [audited(run, atGenesys('guest_file.registered', genesys), { attempt: urls })],
  })
}

/**
 * Step 2: sends the bytes to the URL. After an unknown outcome, the bytes are sent again. This is
 * safe, because the same bytes at the same URL are the same file.
 */
const transfer = async (run: FileRun): Promise<Next> => {
  if (!isFresh(run)) await register(run)
  const { deps, file } = run
  const { sizeBytes } = file
  const { pieces, assertRead } = storedBytes(run)
  const startedMs = deps.clock.monotonicMs()
  try {
    const { etag } = await deps.genesys.put(run.place!, { sizeBytes, pieces }, contextOf(run))
    if (etag !== null && etag !== file.md5) return await renewUrl(run, 'corrupt', null)
  } catch (error) {
    // If the gateway could not read the stored bytes, the error of the transfer shows only an
    // interrupted connection. In that case, `assertRead` throws the original error instead.
    assertRead()
    if (!(error instanceof GenesysFailure)) throw error
    const { upstreamCode, kind } = error
    if (kind === 'forbidden' || (kind === 'refused' && upstreamCode === null)) {
      return renewUrl(run, 'refused', error)
    }
    if (upstreamCode !== 'upload-host-not-allowed') throw error
    const detail =
      'Genesys named a host for the transfer, but GENESYS_UPLOAD_HOSTS does not list this host.'
    return end(run, 'failed', 'file-refused-by-genesys', detail)
  }
  const durationMs = Math.round(deps.clock.monotonicMs() - startedMs)
  deps.emit('guest_file.transferred', {
    guestFileId: file.id,
    sizeBytes,
    durationMs,
  })
  await step(run, {
    state: 'confirming',
    hold: null,
    problem: null,
    progress: progressed(run, { resume: 'confirming' }),
    audit: [audited(run, 'guest_file.transferred', { latencyMs: durationMs })],
  })
  return 'go on'
}

/**
 * Reads Genesys' own verdict on a stored file until there is one. After a day, the checks end with
 * the event `guest_file.verdict_late`, and a person has to check the file. For media of messages,
 * there is no verdict to read.
 */
const follow = async (run: FileRun): Promise<Next> => {
  const { deps, file } = run
  const { fileId } = file.genesys
  const isScanned = deps.genesys.judge === undefined
  if (fileId === null || !isScanned || file.genesys.virusScan !== 'pending') return null
  const said = await readVerdict(run, { target: file.target, fileId })
  if (said instanceof GenesysFailure) return readLater(run, said)
  const virusScan = said.virusScan ?? 'pending'
  if (isBad(virusScan)) return quarantine(run, { fileId, status: said.status, virusScan })
  if (virusScan === 'passed') {
    const genesys = { fileId, status: said.status, virusScan }
    await step(run, {
      genesys,
      progress: waited(run),
      tell: 'guest_file.stored',
      audit: [audited(run, atGenesys('guest_file.verdict', genesys))],
    })
    return null
  }
  return readLater(run, null)
}

/**
 * What Genesys reports about a stored file, or why it reports nothing. A failure does not end the
 * file, because Genesys already has the file. A failure may also pass: a right is granted later, or
 * a new file gets 404 for a moment. An outage counts like a refusal. Otherwise the checks would
 * have no end if the org or the OAuth client is gone, and would prevent a change of the org.
 */
const readVerdict = async (run: FileRun, about: FileThere): Promise<FileSaid | GenesysFailure> => {
  try {
    return await run.deps.genesys.read(about, contextOf(run))
  } catch (error) {
    if (error instanceof GenesysFailure) return error
    throw error
  }
}

/** `failed`: why the last check got no answer. null: Genesys answered, but had no verdict. */
const readLater = async (run: FileRun, failed: GenesysFailure | null): Promise<number | null> => {
  const nextMs = await waitOn(run)
  if (nextMs !== null) return Math.max(nextMs, failed?.retryAfterMs ?? 0)
  const { id: guestFileId, tenantId } = run.file
  const failure = failed?.kind ?? 'none'
  run.deps.emit('guest_file.verdict_late', { guestFileId, tenantId, failure })
  return null
}
