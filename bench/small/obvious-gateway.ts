import Fastify from 'fastify'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import pg from 'pg'
import { z } from 'zod'

/**
 * The yardstick for single contacts: the gateway that most developers would write first. It is a
 * Fastify route that checks the contact, inserts the row and answers. It then posts the contact to
 * Genesys in a separate request, writes the outcome, and notifies the CRM. It has no pace and no
 * retries. After a crash, it has forgotten what it was doing. It encrypts nothing, and has no keys,
 * no check for duplicates and no order. `node bench/small/obvious-gateway.ts <database url>
 * <genesys url> <crm url>` prints `listening <address>`.
 */
const [databaseUrl = '', genesysUrl = '', crmUrl = ''] = process.argv.slice(2)

const contactSchema = z.object({
  customerId: z.string().min(1),
  firstName: z.string(),
  lastName: z.string(),
  phoneNumber: z.string().refine((text) => parsePhoneNumberFromString(text, 'US')?.isValid()),
  email: z.email(),
  city: z.string().nullable(),
})

const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 })
await pool.query(
  `create table if not exists obvious_upload (id bigserial primary key, list_id text not null, contact jsonb not null,
    state text not null, created_at timestamptz not null default now(), completed_at timestamptz)`,
)

const token = async (): Promise<string> => {
  const basic = Buffer.from('sandbox-client:sandbox-secret').toString('base64')
  const answer = await fetch(`${genesysUrl}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}
const bearer = await token()

const deliver = async (id: string, listId: string, contact: z.infer<typeof contactSchema>) => {
  const data = { ...contact, city: contact.city ?? '' }
  const answer = await fetch(`${genesysUrl}/api/v2/outbound/contactlists/${listId}/contacts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify([{ id: contact.customerId, contactListId: listId, data }]),
  })
  await answer.text()
  if (!answer.ok) throw new Error(`Genesys answered ${answer.status}`)
  await pool.query(
    `update obvious_upload set state = 'completed', completed_at = now() where id = $1`,
    [id],
  )
  const heard = await fetch(crmUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'upload.completed', data: { uploadId: `obvious_${id}` } }),
  })
  await heard.text()
}

const app = Fastify()
app.post('/contact-lists/:listId', async (request, reply) => {
  const { listId } = request.params as { listId: string }
  const [contact] = z.array(contactSchema).length(1).parse(request.body)
  const { rows } = await pool.query<{ id: string }>(
    `insert into obvious_upload (list_id, contact, state) values ($1, $2, 'staged') returning id`,
    [listId, JSON.stringify(contact)],
  )
  const id = rows[0]!.id
  void deliver(id, listId, contact!)
  return reply.code(202).send({ id: `obvious_${id}` })
})
console.log(`listening ${await app.listen({ host: '127.0.0.1', port: 0 })}`)
