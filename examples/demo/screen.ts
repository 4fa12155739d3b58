const BAR_WIDTH = 30

export const number = (value: number): string => value.toLocaleString('en-US')

/**
 * On a terminal, one line that redraws itself. Elsewhere, a new line for each tenth of the work.
 */
export const createProgressBar = (label: string) => {
  let tenth = -1
  return {
    show: (done: number, total: number, note: string): void => {
      const share = total === 0 ? 1 : Math.min(1, done / total)
      const filled = Math.round(share * BAR_WIDTH)
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
      const line = `  ${label.padEnd(9)} ${bar} ${`${Math.floor(share * 100)}`.padStart(3)} %  ${note}`
      if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}`)
      else if (Math.floor(share * 10) > tenth) {
        tenth = Math.floor(share * 10)
        process.stdout.write(`${line}\n`)
      }
    },
    end: (): void => {
      if (process.stdout.isTTY) process.stdout.write('\n')
    },
  }
}

export const heading = (text: string): void => {
  process.stdout.write(`\n${text}\n`)
}

export const say = (text: string): void => {
  process.stdout.write(`  ${text}\n`)
}

export type Check = { what: string; holds: boolean; detail: string }

/** Prints each check. Returns true if all of them succeeded. */
export const showChecks = (checks: readonly Check[]): boolean => {
  for (const { what, holds, detail } of checks) {
    say(`${holds ? '✔' : '✘'} ${what}${detail === '' ? '' : `: ${detail}`}`)
  }
  return checks.every(({ holds }) => holds)
}
