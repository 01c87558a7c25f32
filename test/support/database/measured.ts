import { expect } from 'vitest'
import { openDatabaseClient } from '../../../src/lib/adapters/databases/registry.ts'

/** How a server tells whether the connection that asks is encrypted; MongoDB and Redis do not. */
const questions: Readonly<Record<string, string | undefined>> = {
  mysql: "show session status like 'Ssl_version'",
  postgres: 'select ssl::text as "Value" from pg_stat_ssl where pid = pg_backend_pid()',
}

/** Sends measured statements to `url`, with answers that come in parts; tells whether they were encrypted, null for unknown. */
export async function askMeasured(url: string): Promise<boolean | null> {
  await using client = await openDatabaseClient(url, { protocol: 'prepared', readOnly: false })
  const connection = await client.open()
  const question = questions[client.engine]
  if (question === undefined) {
    const ping = client.engine === 'redis' ? ['PING'] : { ping: 1 }
    expect((await connection.run({ command: ping })).reply).toBeTruthy()
    return null
  }
  for (const length of [1, 500_000, 1]) {
    const { rows } = await connection.run({ sql: `select repeat('x', ${length}) as text` })
    expect(rows).toEqual([{ text: 'x'.repeat(length) }])
  }
  const [row] = (await connection.run({ sql: question })).rows
  return /^TLS|^true$/.test(String(row?.['Value']))
}
