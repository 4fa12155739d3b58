/** A figure, with the target that the design sets for it. */
export type Verdict = { figure: string; target: string; measured: string; met: boolean }

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
export const times = (ratio: number): string => `${ratio.toFixed(1)} ×`

const MET = { true: 'met', false: 'NOT MET' } as const

/** The report of a run. It is printed line by line and also kept as Markdown. */
export const createReport = (print: (line: string) => void) => {
  const lines: string[] = []
  const verdicts: Verdict[] = []
  const say = (line = ''): void => {
    lines.push(line)
    print(line)
  }
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): void => {
    const widths = head.map((title, column) =>
      Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
    )
    const show = (cells: readonly string[]): string =>
      cells
        .map((cell, at) =>
          at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
        )
        .join(' | ')
    const rule = widths.map((width, at) =>
      at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
    )
    say(`| ${show(head)} |`)
    say(`| ${rule.join(' | ')} |`)
    for (const row of rows) say(`| ${show(row)} |`)
    say()
  }
  return {
    say,
    heading: (text: string): void => {
      say(`## ${text}`)
      say()
    },
    table,
    judge: (verdict: Verdict): void => void verdicts.push(verdict),
    /** Shows every figure that has a target, with its target. */
    showVerdicts: (): void =>
      table(
        ['figure', 'target', 'measured', ''],
        verdicts.map(({ figure, target, measured, met }) => [
          figure,
          target,
          measured,
          MET[`${met}`],
        ]),
      ),
    text: (): string => `${lines.join('\n').trimEnd()}\n`,
  }
}

export type Report = ReturnType<typeof createReport>
