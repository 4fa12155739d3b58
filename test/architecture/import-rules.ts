import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser'

import { DOORS, LAYERS } from './import-table.ts'

const everywhere = (name: string): boolean =>
  LAYERS[name]?.mayImport.includes('everything') ?? false

const pathOf = (name: string): string => {
  const layer = LAYERS[name]
  if (layer !== undefined) return `^src/${layer.path}`
  if (name === 'workflows/ports') return '^src/workflows/ports(/|\\.ts$)'
  return `^src/${name.replace('*', '[^/]*')}`
}

const layerRules = (): IForbiddenRuleType[] =>
  Object.entries(LAYERS)
    .filter(([name]) => !everywhere(name))
    .map(([name, { mayImport }]) => ({
      name: `layer ${name}`,
      severity: 'error',
      from: { path: pathOf(name) },
      to: { path: '^src/', pathNot: [name, ...mayImport].map(pathOf) },
    }))

const packagePath = (name: string): string =>
  `(^|/)node_modules/${name.endsWith('/*') ? name.slice(0, -1) : `${name}/`}`

const doorRules = (): IForbiddenRuleType[] =>
  DOORS.flatMap(({ packages, from }) =>
    packages.map((name) => ({
      name: `door ${name}`,
      severity: 'error' as const,
      from: {
        path: '^src/',
        pathNot: [...from, ...Object.keys(LAYERS).filter(everywhere)].map(pathOf),
      },
      to: { path: packagePath(name) },
    })),
  )

const generalRules: IForbiddenRuleType[] = [
  { name: 'cycle', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
  { name: 'missing', severity: 'error', from: {}, to: { couldNotResolve: true } },
  { name: 'test in src', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  {
    name: 'dev package in src',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'undeclared package',
    severity: 'error',
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
]

export type Finding = { rule: string; from: string; to: string }

/**
 * Reads the `src` under `root` with every rule. The swc parser reads TypeScript here. Without it,
 * dependency-cruiser sees no `.ts` file and reports success, so callers must check `filesSeen`.
 */
export const readImports = async (
  root: string,
): Promise<{ findings: Finding[]; filesSeen: number }> => {
  const { output } = await cruise(['src'], {
    baseDir: root,
    ruleSet: { forbidden: [...layerRules(), ...doorRules(), ...generalRules] },
    validate: true,
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  })
  const { summary, modules } = output as ICruiseResult
  return {
    findings: summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to })),
    filesSeen: modules.filter(({ source }) => /^src\/.*\.ts$/u.test(source)).length,
  }
}

export const ruleNames = (): string[] =>
  [...layerRules(), ...doorRules(), ...generalRules].map(({ name }) => name ?? '')
