import type { Store } from '../../../src/store/homes/open-store.ts'

/**
 * Copies the upload `likeId` once for each row of `made`, an SQL query. `own`: SQL expressions of
 * the columns in which the copies differ; `u` is the upload, and `made` is the row.
 */
export const copyUploads = async (
  store: Store,
  likeId: string,
  made: string,
  own: Readonly<Record<string, string>>,
): Promise<void> => {
  const { rows } = await store.sql.executeSql(
    `select column_name as name from information_schema.columns
      where table_schema = 'public' and table_name = 'upload' and is_generated = 'NEVER'`,
  )
  const names = (rows as { name: string }[]).map(({ name }) => name)
  await store.sql.executeSql(`insert into upload (${names.join(', ')})
    select ${names.map((name) => own[name] ?? `u.${name}`).join(', ')}
    from upload u, (${made}) as made where u.id = '${likeId}'`)
}
