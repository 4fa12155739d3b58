import { readFileSync } from 'node:fs'

import { parse } from 'yaml'

export type AlertRule = {
  alert: string
  expr: string
  for: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}

/** A file of tests as `promtool test rules` reads it, with only the members that are read here. */
export type RuleTests = {
  tests: { name: string; promql_expr_test: { expr: string; exp_samples?: unknown[] }[] }[]
}

export const readAlertRules = (path: string): AlertRule[] => {
  const { groups } = parse(readFileSync(path, 'utf8')) as { groups: { rules: AlertRule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

export const readRuleTests = (path: string): RuleTests =>
  parse(readFileSync(path, 'utf8')) as RuleTests
