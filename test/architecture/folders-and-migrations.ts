import { basename, dirname } from 'node:path'

/** In a folder with more files than this, readers have to search instead of read. */
export const MAX_FILES_A_FOLDER = 18

/**
 * Both were published in 0.1.0 under a number that another migration had. Databases know them by
 * these names, so the names stay.
 */
const SHIPPED_TWICE: Readonly<Record<string, readonly string[]>> = {
  '0005': ['0005-delivery-part.sql', '0005-webhook-endpoints.sql'],
  '0019': ['0019-indexes-in-use.sql', '0019-short-subject-digests.sql'],
}

/** Folders that hold more files than `MAX_FILES_A_FOLDER`, without those of their subfolders. */
export const crowdedFolders = (paths: readonly string[]): string[] =>
  [...Map.groupBy(paths, (path) => dirname(path))]
    .filter(([, files]) => files.length > MAX_FILES_A_FOLDER)
    .map(([folder, files]) => `${folder}: ${files.length} files`)
    .toSorted()

/**
 * Migrations that have the same number as another one, and those that are not in the folder for
 * their ten numbers.
 */
export const misnumberedMigrations = (paths: readonly string[]): string[] => [
  ...[...Map.groupBy(paths.map((path) => basename(path)).toSorted(), (name) => name.slice(0, 4))]
    .filter(([number, names]) => names.length > 1 && names.join() !== SHIPPED_TWICE[number]?.join())
    .map(([number, names]) => `${number} is the number of ${names.join(' and ')}`),
  ...paths.filter((path) => basename(dirname(path)) !== tenOf(basename(path))),
]

const tenOf = (name: string): string => `${name.slice(0, 3)}0-${name.slice(0, 3)}9`
