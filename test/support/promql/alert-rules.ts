import { readFileSync } from 'node:fs'

import { parse } from 'yaml'

import { type Element, evaluate, keyOf, type Labels, type Series } from './evaluate-promql.ts'
import { durationSeconds, type Expr, parsePromql } from './parse-promql.ts'

export type AlertRule = {
  alert: string
  expr: string
  for: string
  labels: { severity: string }
  annotations: { summary: string; description: string; runbook_url: string }
}

/** A file of tests as `promtool test rules` takes it; only what ours use. */
export type RuleTests = {
  evaluation_interval: string
  tests: {
    name: string
    interval: string
    input_series: { series: string; values: string }[]
    promql_expr_test: {
      expr: string
      eval_time: string
      exp_samples?: { labels: string; value: number }[]
    }[]
  }[]
}

export const readAlertRules = (path: string): AlertRule[] => {
  const { groups } = parse(readFileSync(path, 'utf8')) as { groups: { rules: AlertRule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

export const readRuleTests = (path: string): RuleTests =>
  parse(readFileSync(path, 'utf8')) as RuleTests

/** `name{a="b"}` as a name and labels. */
export const seriesOf = (text: string): { name: string; labels: Labels } => {
  const expr: Expr = parsePromql(text)
  if (expr.kind !== 'selector' || expr.matchers.some(({ op }) => op !== '=')) {
    throw new Error(`${text} is no series`)
  }
  return {
    name: expr.name,
    labels: Object.fromEntries(expr.matchers.map(({ label, value }) => [label, value])),
  }
}

/** promtool's notation: `5`, `_` for no sample, `0+10x3` for 0 10 20 30, `7x3` for four sevens, `_x3` for three gaps. */
export const valuesOf = (text: string): (number | null)[] =>
  text.split(/\s+/).flatMap((part) => {
    const gap = /^_(?:x(\d+))?$/.exec(part)
    if (gap) return Array.from({ length: Number(gap[1] ?? 1) }, () => null)
    const [, start, step, times] = /^(-?[\d.]+(?:e\d+)?)([+-][\d.]+)?(?:x(\d+))?$/.exec(part) ?? []
    if (start === undefined) throw new Error(`${part} is no value`)
    const count = times === undefined ? 1 : Number(times) + 1
    return Array.from({ length: count }, (_, at) => Number(start) + Number(step ?? 0) * at)
  })

const inputOf = ({ interval, input_series }: RuleTests['tests'][number]): Series[] =>
  input_series.map(({ series, values }) => ({
    ...seriesOf(series),
    samples: valuesOf(values).flatMap((value, at) =>
      value === null ? [] : [{ at: at * durationSeconds(interval), value }],
    ),
  }))

/** One rule over time: what it holds pending since when. */
const createAlert = (rule: AlertRule) => {
  const expr = parsePromql(rule.expr)
  const since = new Map<string, number>()
  return (series: readonly Series[], at: number): { labels: Labels; firing: boolean }[] => {
    const active = evaluate(expr, { series, at }) as Element[]
    const keys = new Set(active.map(({ labels }) => keyOf(labels)))
    for (const key of since.keys()) if (!keys.has(key)) since.delete(key)
    return active.map(({ labels }) => {
      const begun = since.get(keyOf(labels)) ?? at
      since.set(keyOf(labels), begun)
      return {
        labels: { ...labels, ...rule.labels, alertname: rule.alert },
        firing: at - begun >= durationSeconds(rule.for),
      }
    })
  }
}

/** The series with the `ALERTS` that the rules make of them, evaluated again and again up to `until` as Prometheus does. */
const withAlerts = (input: Series[], rules: readonly AlertRule[], stepS: number, until: number) => {
  const alerts = rules.map(createAlert)
  const made = new Map<string, Series>()
  for (let at = 0; at <= until; at += stepS) {
    for (const { labels, firing } of alerts.flatMap((alert) => alert(input, at))) {
      const all = { ...labels, alertstate: firing ? 'firing' : 'pending' }
      const series: Series = made.get(keyOf(all)) ?? { name: 'ALERTS', labels: all, samples: [] }
      series.samples.push({ at, value: 1 })
      made.set(keyOf(all), series)
    }
  }
  // An alert that is over leaves a stale mark: its last sample counts for that moment only.
  const now = [...made.values()].filter(({ samples }) => samples.at(-1)?.at === until)
  return [...input, ...now]
}

/** What each expression of a test is worth at its time, beside what was expected. */
export const runRuleTest = (
  file: RuleTests,
  test: RuleTests['tests'][number],
  rules: readonly AlertRule[],
): { expr: string; at: string; found: string[]; expected: string[] }[] =>
  test.promql_expr_test.map(({ expr, eval_time, exp_samples = [] }) => {
    const at = durationSeconds(eval_time)
    const step = durationSeconds(file.evaluation_interval)
    const series = withAlerts(inputOf(test), rules, step, at)
    const found = evaluate(parsePromql(expr), { series, at }) as Element[]
    return {
      expr,
      at: eval_time,
      found: found.map(({ labels, value }) => `${keyOf(labels)} ${value}`).toSorted(),
      expected: exp_samples
        .map(({ labels, value }) => `${keyOf(seriesOf(labels).labels)} ${value}`)
        .toSorted(),
    }
  })
