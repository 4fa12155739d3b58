import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The test file of EICAR, in two parts, so that no scanner reports this source file. */
export const EICAR = [
  'X5O!P%@AP[4\\PZX54(P^)7CC)7}$',
  'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*',
].join('')
/** A text for files of tests that the scanner must report. */
export const MARKER = 'guest-file-test-marker-7b1f'

const PROGRAM = ['/usr/sbin/clamd', '/usr/bin/clamd'].find((path) => existsSync(path))

/** Why no scanner can run here. false: one can. If `CI=true`, throws an error where none can. */
export const clamdSkip = (): string | false => {
  if (PROGRAM !== undefined) return false
  if (process.env['CI'] === 'true') throw new Error('clamav-daemon is not installed')
  return 'clamav-daemon is not installed'
}

export type Clamd = { socket: string; stop(): Promise<void> }

const DATABASE = (): Record<string, string> => ({
  'test.hsb': `${createHash('sha256').update(EICAR).digest('hex')}:${EICAR.length}:Test.Eicar\n`,
  'test.ndb': `Test.Marker:0:*:${Buffer.from(MARKER).toString('hex')}\n`,
})

const untilListening = async (child: ChildProcess): Promise<void> => {
  let said = ''
  child.stdout!.on('data', (piece: Buffer) => (said += piece.toString()))
  while (!said.includes('Self checking') && !said.includes('Listening daemon')) {
    if (child.exitCode !== null) throw new Error(`clamd ended: ${said}`)
    await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])
  }
}

/**
 * Debian's clamd with a database of two lines. `streamMaxLength`: the most bytes that it accepts in
 * one stream.
 */
export const startClamd = async ({
  streamMaxLength = '25M',
  socket: wanted,
}: { streamMaxLength?: string; socket?: string } = {}): Promise<Clamd> => {
  const folder = mkdtempSync(join(tmpdir(), 'clamd-'))
  for (const [name, text] of Object.entries(DATABASE())) writeFileSync(join(folder, name), text)
  const socket = wanted ?? join(folder, 'clamd.sock')
  mkdirSync(dirname(socket), { recursive: true })
  const lines = [
    `LocalSocket ${socket}`,
    `DatabaseDirectory ${folder}`,
    'Foreground yes',
    `StreamMaxLength ${streamMaxLength}`,
    'AlertExceedsMax yes',
    'User root',
  ]
  const config = join(folder, 'clamd.conf')
  writeFileSync(
    config,
    `${lines.filter((line) => process.getuid?.() === 0 || !line.startsWith('User')).join('\n')}\n`,
  )
  const child = spawn(PROGRAM ?? 'clamd', ['--config-file', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stderr.resume()
  await untilListening(child)
  return {
    socket,
    stop: async () => {
      if (child.exitCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
