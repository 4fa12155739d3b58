import { spawnSync } from 'node:child_process'

const found = spawnSync('promtool', ['--version']).error === undefined

/**
 * For the `skip` of a test that needs Prometheus' own tool (Debian: package `prometheus`). false:
 * it is there. If `CI=true`, the test runs in any case, and fails if the tool is missing.
 */
export const WITHOUT_PROMTOOL =
  found || process.env['CI'] === 'true' ? false : 'promtool is not installed (package prometheus)'

/** Runs promtool. Returns its output and whether it succeeded. */
export const promtool = (...args: string[]): { ok: boolean; says: string } => {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8' })
  if (error) throw error
  return { ok: status === 0, says: `${stdout}${stderr}` }
}
