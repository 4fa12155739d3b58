import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Functions that make metrics in a registry. All names begin with `gateway_`. */
export const createMakers = (registry: Registry) => {
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: `gateway_${name}`, help, labelNames: [...labelNames], registers })
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name: `gateway_${name}`, help, labelNames: [...labelNames], registers })
  const histogram = <L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[] = [],
  ) =>
    new Histogram<L>({
      name: `gateway_${name}`,
      help,
      buckets,
      labelNames: [...labelNames],
      registers,
    })
  return { counter, gauge, histogram }
}
export type Makers = ReturnType<typeof createMakers>
