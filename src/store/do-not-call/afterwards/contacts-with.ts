import { sql, type RawBuilder } from 'kysely'

/**
 * The contacts in the registers that have the subject with this number. There is one query for each
 * index, so that the planner uses every index.
 */
export const contactsWith = (number: RawBuilder<unknown>): RawBuilder<unknown> => {
  const having = (
    condition: RawBuilder<unknown>,
  ) => sql`(select register_id, contact_digest, sealed_id, upload_id, line, accepted_seq,
      delivered_at from contact_register where ${condition} offset 0)`
  return sql.join(
    [
      having(sql`subject_1 = ${number}`),
      having(sql`subject_2 = ${number}`),
      having(sql`subject_3 = ${number}`),
      having(sql`more_subjects @> array[${number}]`),
    ],
    sql` union all `,
  )
}
