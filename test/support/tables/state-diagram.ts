import { HOLD_REASONS, UPLOAD_TRANSITIONS } from '../../../src/domain/uploads/upload.ts'

/** The diagram in docs/upload-states.md, made from the tables that the code itself uses. */
export const stateDiagram = (): string => {
  const moves = Object.entries(UPLOAD_TRANSITIONS)
  return [
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> receiving',
    ...moves.flatMap(([from, targets]) => targets.map((to) => `  ${from} --> ${to}`)),
    ...moves.filter(([, targets]) => targets.length === 0).map(([state]) => `  ${state} --> [*]`),
    '```',
  ].join('\n')
}

/** The table of holds: why an upload waits and what ends the wait. */
export const holdTable = (): string =>
  [
    '| `hold.reason` | the call that ends the hold |',
    '|---|---|',
    ...Object.entries(HOLD_REASONS).map(
      ([reason, end]) =>
        `| \`${reason}\` | ${end === 'itself' ? 'none: the upload resumes by itself' : `\`/${end}\``} |`,
    ),
  ].join('\n')
