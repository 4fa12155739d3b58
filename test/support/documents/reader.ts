import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { compileCache } from '../gateway/compile-cache.ts'
import type { ShellBlock } from './shell-pages.ts'

const PROJECT = join(import.meta.dirname, '..', '..', '..')

/**
 * The content of a checkout. It is linked, so that what a page writes stays in the reader's folder.
 */
const CHECKOUT = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  '.env.example',
  'src',
  'examples',
  'openapi',
  'docs',
  'deploy',
  'node_modules',
]

/** Long, because the machine has two cores and runs other tests too. */
const WITHIN_MS = 120_000

export type Ports = { gateway: number; sandbox: number }

/** The addresses in the pages may be taken on this machine, so every test uses its own ports. */
const withPorts = (text: string, { gateway, sandbox }: Ports): string =>
  text
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${gateway}`)
    .replaceAll('127.0.0.1:3100', `127.0.0.1:${sandbox}`)
    .replaceAll('--port 3100', `--port ${sandbox}`)
    .replaceAll(/\bnpm run sandbox(?! --)/g, `npm run sandbox -- --port ${sandbox}`)

/**
 * An empty folder with a checkout in it. Its curl fails when the answer is an error, and its npm
 * installs nothing.
 */
export const makeFolder = (): { folder: string; remove(): void } => {
  const home = mkdtempSync(join(tmpdir(), 'reader-'))
  const folder = join(home, 'outbound-gateway')
  mkdirSync(folder)
  for (const name of CHECKOUT) symlinkSync(join(PROJECT, name), join(folder, name))
  writeFileSync(join(home, '.curlrc'), 'fail-with-body\nsilent\nshow-error\nmax-time = 60\n')
  mkdirSync(join(home, 'bin'))
  const npm = execFileSync('which', ['npm'], { encoding: 'utf8' }).trim()
  // The packages are there already, installed before this test.
  writeFileSync(
    join(home, 'bin', 'npm'),
    `#!/bin/sh\n[ "$1" = ci ] && exit 0\nexec '${npm}' "$@"\n`,
  )
  chmodSync(join(home, 'bin', 'npm'), 0o755)
  return { folder, remove: () => rmSync(home, { recursive: true, force: true }) }
}

export type Reader = {
  /**
   * Opens a new terminal in the same folder. Variables of the previous one are gone, but what it
   * started keeps running.
   */
  newShell(): Promise<void>
  isRunning(what: 'gateway' | 'sandbox'): boolean
  /**
   * Runs a block as a reader does who copies it into a shell. If a command of it fails, throws with
   * everything that was printed.
   */
  run(block: ShellBlock): Promise<string>
  /** Ends the gateway or the sandbox that a block has started. */
  stop(what: 'gateway' | 'sandbox'): Promise<void>
  close(): Promise<void>
}

const ANSWERS = { gateway: '/readyz', sandbox: '/_sandbox/ledger' } as const

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

const groupLives = (pid: number): boolean => {
  if (pid <= 0) return false
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

const endGroup = async (pid: number): Promise<void> => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const endMs = performance.now() + 20_000
    if (groupLives(pid)) process.kill(-pid, signal)
    while (groupLives(pid) && performance.now() < endMs) await delay(50)
  }
}

/** A shell that prints a mark after each block, so that its end and its output are known. */
const openShell = (folder: string, ports: Ports) => {
  const home = join(folder, '..')
  const shell: ChildProcess = spawn('bash', ['--noprofile', '--norc'], {
    cwd: folder,
    env: {
      PATH: `${join(home, 'bin')}:${process.env['PATH']}`,
      HOME: home,
      TZ: 'UTC',
      PORT: String(ports.gateway),
      ...compileCache(),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let text = ''
  const heard = new Set<() => void>()
  const take = (part: string): void => {
    text += part
    for (const listener of heard) listener()
  }
  shell.stdout?.setEncoding('utf8').on('data', take)
  shell.stderr?.setEncoding('utf8').on('data', take)
  let ended = false
  shell.on('close', () => {
    ended = true
    take('')
  })
  const until = async (mark: string, since: number): Promise<string> => {
    const timer = setTimeout(() => shell.kill('SIGKILL'), WITHIN_MS)
    try {
      for (;;) {
        const at = text.indexOf(mark, since)
        if (at >= 0) return text.slice(since, at)
        if (ended) throw new Error(text.slice(since).slice(-4000))
        const { promise, resolve } = Promise.withResolvers<void>()
        heard.add(resolve)
        await promise
        heard.delete(resolve)
      }
    } finally {
      clearTimeout(timer)
    }
  }
  let commands = 0
  const say = async (command: string): Promise<string> => {
    const mark = `\u001e${(commands += 1)}\u001e`
    const since = text.length
    shell.stdin?.write(`${command}\nprintf '%s' '${mark}'\n`)
    return until(mark, since)
  }
  return {
    say,
    close: () => {
      shell.stdin?.end()
      shell.kill()
    },
  }
}

/**
 * A reader in the folder. What a block starts runs until it is stopped, until another block
 * replaces it, or until the reader closes.
 */
export const createReader = async (folder: string, ports: Ports): Promise<Reader> => {
  const openStrict = async () => {
    const opened = openShell(folder, ports)
    await opened.say('set -euo pipefail')
    return opened
  }
  let shell = await openStrict()
  const services = new Map<'gateway' | 'sandbox', number>()
  let files = 0

  const stop: Reader['stop'] = async (what) => {
    const pid = services.get(what)
    services.delete(what)
    if (pid !== undefined) await endGroup(pid)
  }

  const serve = async (what: 'gateway' | 'sandbox', file: string): Promise<string> => {
    await stop(what)
    const log = `${file}.log`
    const started = await shell.say(
      `set -m; ( . '${file}' ) > '${log}' 2>&1 < /dev/null & set +m; echo "pid $!"`,
    )
    const pid = Number(/pid (\d+)/.exec(started)?.[1])
    services.set(what, pid)
    const url = `http://127.0.0.1:${ports[what]}${ANSWERS[what]}`
    const endMs = performance.now() + WITHIN_MS
    while (!(await answers(url))) {
      if (!groupLives(pid) || performance.now() > endMs) {
        throw new Error(await shell.say(`tail -c 4000 '${log}'`))
      }
      await delay(100)
    }
    return shell.say(`cat '${log}'`)
  }

  return {
    newShell: async () => {
      shell.close()
      shell = await openStrict()
    },
    isRunning: (what) => groupLives(services.get(what) ?? -1),
    run: async ({ text, serves }) => {
      const file = join(folder, '..', `block-${(files += 1)}.sh`)
      writeFileSync(file, withPorts(text, ports))
      return serves === null ? shell.say(`. '${file}' < /dev/null`) : serve(serves, file)
    },
    stop,
    close: async () => {
      for (const what of services.keys()) await stop(what)
      shell.close()
    },
  }
}
