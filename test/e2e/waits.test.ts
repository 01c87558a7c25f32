import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { testEngines } from '../support/database/engines.ts'
import { createSandbox } from '../support/cli/sandbox.ts'

/** Keeps the rows of the slots; gives the number of its session, and what lets them go. */
type Hold = (url: string) => Promise<{ readonly session: number; letGo(): Promise<void> }>

const statement = 'select id from schedules for update'

const holds: Readonly<Record<string, Hold>> = {
  async postgres(url) {
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query('begin')
    await client.query(statement)
    return { session: (client as unknown as { processID: number }).processID, letGo: () => client.end() }
  },
  async mariadb(url) {
    const connection = await createConnection(url)
    await connection.beginTransaction()
    await connection.query(statement)
    return { session: connection.threadId, letGo: () => connection.end() }
  },
}

for (const { name, open } of testEngines.filter((engine) => engine.name in holds)) {
  describe.skipIf(!open)(`a command that waits for a lock on ${name}`, () => {
    it('says for whom and how long, and goes on', async () => {
      const place = await open!()
      await using work = await createSandbox()
      const db = ['--db', place.url]
      await work.runJson(['migrate', ...db])
      const slots = ['--years', '1', '--opens', '8:00', '--closes', '8:00', '--every', '1h']
      await work.runJson(['insert-schedules', ...slots, '--capacity', '10', ...db])
      const holder = await holds[name]!(place.url)
      const running = work.start(['insert-schedules', ...slots, '--capacity', '20', ...db])
      await running.waitFor(new RegExp(`[Ww]aiting for the lock that session ${holder.session} holds, \\d s`))
      await holder.letGo()
      expect(await running.result).toMatchObject({ code: 0, stdout: expect.stringContaining('have more places now') })
      await place.remove()
    })
  })
}
