import { ENGLISH, fill, shownCount } from '../texts/texts.ts'

export type Chart = {
  name: string
  /** What the chart shows, in words for screen readers. */
  label: string
  total: string
  peak: string
  width: number
  height: number
  bars: { x: number; y: number; height: number }[]
  barWidth: number
}

const HEIGHT = 48
const STEP = 4
const BAR = 3

/** Counts as bars of an SVG, the newest count on the right. */
export const barsOf = (name: string, counts: readonly number[]): Chart => {
  const { charts } = ENGLISH.overview
  const most = Math.max(...counts, 0)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const bars = counts.flatMap((count, at) => {
    if (count === 0) return []
    // A count above 0 must be visible, even beside a much larger one.
    const height = Math.max(2, Math.round((count / most) * HEIGHT))
    return [{ x: at * STEP, y: HEIGHT - height, height }]
  })
  return {
    name,
    label: fill(charts.label, { name, total, most }),
    total: shownCount(total),
    peak: fill(charts.peak, { most }),
    width: counts.length * STEP,
    height: HEIGHT,
    bars,
    barWidth: BAR,
  }
}
