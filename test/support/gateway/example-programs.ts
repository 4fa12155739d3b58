import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'examples')

/** The languages of the examples: how a program in each is started, and how its file is named. */
export const LANGUAGES = {
  curl: { command: 'bash', file: (name: string) => `curl/${name}.sh` },
  node: { command: process.execPath, file: (name: string) => `node/${name}.mjs` },
  python: {
    command: 'python3',
    file: (name: string) => `python/${name.replaceAll('-', '_')}.py`,
  },
} as const
export type Language = keyof typeof LANGUAGES

const NEEDED = ['bash', 'curl', 'jq', 'openssl', 'python3']

/** Why the examples cannot run here. false: they can. In CI, throws an error if they cannot. */
export const missingTools = (): string | false => {
  const missing = NEEDED.filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
  if (missing.length === 0) return false
  const reason = `not installed: ${missing.join(', ')}`
  if (process.env['CI'] === 'true') throw new Error(reason)
  return reason
}

export type Program = {
  /** The lines that the program has printed on both streams. */
  lines: string[]
  /** Resolves with its exit code when it has ended. */
  ended: Promise<number | null>
  /**
   * Resolves with the first line, past or future, that matches. If the program ends before, rejects
   * with all lines.
   */
  line(pattern: RegExp): Promise<string>
  /** Ends the program and everything that it started with kill -9. Resolves when they are gone. */
  kill(): Promise<void>
}

/**
 * Starts an example as its reader does. The environment has only what the comment at its head
 * names.
 */
export const startExample = (
  language: Language,
  name: string,
  args: readonly string[],
  env: Record<string, string>,
): Program => {
  const { command, file } = LANGUAGES[language]
  const child = spawn(command, [join(EXAMPLES, file(name)), ...args], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PYTHONDONTWRITEBYTECODE: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Detached, so that a shell's child processes end with it.
    detached: true,
  })
  const lines: string[] = []
  const waiting: { pattern: RegExp; resolve: (line: string) => void }[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const { pattern, resolve } of waiting) if (pattern.test(line)) resolve(line)
    })
  }
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const killAll = (): void => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
  }
  process.once('exit', killAll)
  child.once('close', () => process.off('exit', killAll))
  const line = async (pattern: RegExp): Promise<string> => {
    const known = lines.find((line) => pattern.test(line))
    if (known !== undefined) return known
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    waiting.push({ pattern, resolve })
    void ended.then(() => reject(new Error(`${pattern} was not printed:\n${lines.join('\n')}`)))
    return promise
  }
  const kill = async (): Promise<void> => {
    killAll()
    await ended
  }
  return { lines, ended, line, kill }
}
