/**
 * The rules that a linter configuration turns off without a reason. In `rules`, the reason is the
 * comment directly above each rule. In `overrides`, which are for certain files, one comment above
 * or inside the entry is enough for all of its rules.
 */
export const rulesWithoutReason = (config: string): string[] => {
  const bare: string[] = []
  let inOverrides = false
  let reason = false
  for (const line of config.split('\n').map((text) => text.trim())) {
    if (line.startsWith('"overrides"')) inOverrides = true
    if (line.startsWith('//')) reason = true
    else if (inOverrides && line === '{') reason = false
    const [, rule] = /"([\w/@-]+)": "off"/.exec(line) ?? []
    if (rule !== undefined && !reason) bare.push(rule)
    if (!inOverrides && !line.startsWith('//')) reason = false
  }
  return bare
}
