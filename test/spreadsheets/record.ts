import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { fileToMend } from '../support/spreadsheets/file-to-mend.ts'

/**
 * Opens the file to fix in LibreOffice Calc, as a user of each language does, and saves it. Keeps
 * the result as a recording for the tests that everyone runs. Needs `soffice` (Debian:
 * libreoffice-calc). Fails if a new recording differs from the one that is kept. `--keep` replaces
 * that one.
 */
const run = promisify(execFile)
const FOLDER = 'test/fixtures/spreadsheets'
const UTF8 = 76
const QUOTE = 34

/**
 * `detects`: whether the box "Detect special numbers" of the import is ticked. By default it is
 * not.
 */
const USERS = [
  { name: 'english', locale: 'en-US', language: 1033, delimiter: ',', detects: false },
  { name: 'english-detecting', locale: 'en-US', language: 1033, delimiter: ',', detects: true },
  { name: 'german', locale: 'de-DE', language: 1031, delimiter: ';', detects: false },
  { name: 'german-detecting', locale: 'de-DE', language: 1031, delimiter: ';', detects: true },
] as const

/** A profile with the user's language and formats. */
const profileFor = async (folder: string, locale: string): Promise<void> => {
  const item = (path: string, name: string): string =>
    `<item oor:path="${path}"><prop oor:name="${name}" oor:op="fuse"><value>${locale}</value></prop></item>`
  await mkdir(join(folder, 'user'), { recursive: true })
  await writeFile(
    join(folder, 'user', 'registrymodifications.xcu'),
    `<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">${item('/org.openoffice.Setup/L10N', 'ooSetupSystemLocale')}${item('/org.openoffice.Office.Linguistic/General', 'DefaultLocale')}</oor:items>`,
  )
}

const savedBy = async (user: (typeof USERS)[number]): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'spreadsheet-'))
  try {
    const separator = user.delimiter.charCodeAt(0)
    await profileFor(join(folder, 'profile'), user.locale)
    await writeFile(join(folder, 'rows.csv'), await fileToMend(user.delimiter))
    const opened = `CSV:${separator},${QUOTE},${UTF8},1,,${user.language},false,${user.detects}`
    const saved = `csv:Text - txt - csv (StarCalc):${separator},${QUOTE},${UTF8},1,,${user.language},false,true`
    await run('soffice', [
      `-env:UserInstallation=file://${join(folder, 'profile')}`,
      '--headless',
      `--infilter=${opened}`,
      '--convert-to',
      saved,
      '--outdir',
      join(folder, 'out'),
      join(folder, 'rows.csv'),
    ])
    return await readFile(join(folder, 'out', 'rows.csv'), 'utf8')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const keeps = process.argv.includes('--keep')
await mkdir(FOLDER, { recursive: true })
for (const user of USERS) {
  const path = join(FOLDER, `libreoffice-${user.name}.csv`)
  const saved = await savedBy(user)
  const kept = await readFile(path, 'utf8').catch(() => null)
  if (keeps) await writeFile(path, saved)
  else if (kept !== saved) process.exitCode = 1
  process.stdout.write(`${path}: ${kept === saved ? 'as kept' : keeps ? 'kept anew' : 'DIFFERS'}\n`)
}
