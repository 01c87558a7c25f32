import { createConnection } from 'mysql2/promise'
import { expect } from 'vitest'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { realClock } from '../../../src/lib/base/measure/clock.ts'
import { watchStatements } from '../../../src/lib/load/metrics/statement-costs.ts'
import { shows } from './tables.ts'

/** Ways to one database: of a user without the right, and of somebody who may grant it. */
interface Ways {
  readonly url: string
  readonly adminUrl: string
  grant(sql: string): Promise<unknown>
}

const sentence = /^this user may not read them: (GRANT SELECT ON performance_schema\.\* TO 'clerk_\d+'@'127\.0\.0\.1')$/

/** Checks that MySQL and MariaDB tell of statements once the right is granted that they are said to lack, and hold no value. */
export async function checkStatementRight(kind: 'mariadb' | 'mysql8', { url, adminUrl, grant }: Ways): Promise<void> {
  {
    await using refused = await connectDatabase(url, { poolSize: 1 })
    const reason = await refused.statementStatistics!.unavailable()
    expect(reason).toMatch(sentence)
    await grant(sentence.exec(reason!)![1]!)
  }
  await using database = await connectDatabase(url, { poolSize: 2 })
  const other = await createConnection(adminUrl)
  const watch = watchStatements(database, realClock)
  await watch.begin()
  for (let i = 0; i < 7; i++) await database.store.find(shows, { id: 1 })
  // The second is too long for the server to keep, and to normalise.
  const sent = [`select 'hush', "hush", ${'id, '.repeat(3)} 4711`, `select concat(${'4711, '.repeat(300)} 'hush')`]
  for (const sql of sent) {
    await other.query(`${sql} from shows`)
    await other.execute(`${sql} from shows`)
  }
  // What is prepared goes with its session.
  await watch.tick()
  await other.end()
  await watch.end()
  const { statements = [], noStatements } = watch.costs()
  expect(noStatements).toBeUndefined()
  const texts = statements.map(({ text }) => text)
  expect(texts.join()).not.toMatch(/hush|4711|performance_schema/)
  expect(texts.some((text) => /^select \?/i.test(text))).toBe(true)
  if (kind === 'mysql8') expect(texts.some((text) => text.startsWith('select concat(?'))).toBe(true)
  const isFound = (text: string) =>
    kind === 'mariadb' ? text.startsWith('(all prepared statements') : /^select `id`.*`shows`/i.test(text)
  expect(statements.find(({ text }) => isFound(text))).toMatchObject(
    kind === 'mariadb' ? { calls: expect.toSatisfy((calls: number) => calls >= 7) } : { calls: 7, rows: 7 },
  )
}
