/**
 * The differences between `docs/adr/README.md` and the decisions in the same folder. `pages`: their
 * texts by file name.
 */
export const adrFaults = (index: string, pages: Readonly<Record<string, string>>): string[] => {
  const faults: string[] = []
  const names = Object.keys(pages).toSorted()
  for (const [at, name] of names.entries()) {
    const number = at + 1
    if (Number(name.slice(0, 4)) !== number) faults.push(`${name} should be number ${number}`)
    const title = /^# \d+\. (.+)\n/.exec(pages[name] ?? '')?.[1]
    if (title === undefined || !pages[name]!.startsWith(`# ${Number(name.slice(0, 4))}. `)) {
      faults.push(`${name} does not begin with its number and title`)
    } else if (!index.includes(`\n| ${Number(name.slice(0, 4))} | [${title}](${name}) | `)) {
      faults.push(`${name} has no line in the index, or another title there`)
    }
    if (pages[name]!.split('\n').length > 60) faults.push(`${name} is more than a page`)
    for (const part of ['Context', 'Decision', 'Consequences']) {
      if (!pages[name]!.includes(`\n## ${part}\n`)) faults.push(`${name} lacks ${part}`)
    }
  }
  const linked = [...index.matchAll(/\]\((\d{4}-[^)]+)\)/g)].map(([, name = '']) => name)
  return [
    ...faults,
    ...linked.filter((name) => !names.includes(name)).map((name) => `${name} is not there`),
  ]
}
