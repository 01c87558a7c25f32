import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection, type Connection } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compareTables, migrateDown, migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectMysql } from '../../../../src/lib/adapters/databases/mysql/connection.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { waitText } from '../../../../src/lib/adapters/databases/waits.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { withNotes } from '../../../support/database/alterations.ts'
import { changed } from '../../../support/database/server-contract.ts'
import { checkStatementRight } from '../../../support/database/statement-right.ts'
import { seats, show, shows, tables, workload } from '../../../support/database/tables.ts'
import type { Wait } from '../../../../src/lib/ports/database-facts.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushbench-rights-'))
// The server reads it under an account of its own.
chmodSync(folder, 0o755)
const rights = join(folder, 'rights.sql')
writeFileSync(
  rights,
  `CREATE DATABASE IF NOT EXISTS rushbench;
CREATE USER IF NOT EXISTS 'rushbench'@'127.0.0.1' IDENTIFIED BY 'rushbench';
GRANT ALL ON *.* TO 'rushbench'@'127.0.0.1' WITH GRANT OPTION;
`,
)

/** Whoever waits for a table's definition gives up soon; the server has few places. */
const options = [
  `--init-file=${rights}`,
  '--max-connections=10',
  '--lock-wait-timeout=2',
  '--innodb-lock-wait-timeout=2',
  // MariaDB has it off.
  '--performance-schema=ON',
]
const names = ['mariadb', 'mysql8'] as const
const servers = await Promise.all(
  names.map(async (kind) => ({ kind, server: await startPrivateService(kind, options.join(' ')) })),
)
afterAll(async () => {
  for (const { server } of servers) await server?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** As docs/databases.md has it, for all commands. */
const allRights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'INDEX', 'ALTER', 'REFERENCES']
const without = (...missing: readonly string[]) => allRights.filter((right) => !missing.includes(right))

for (const { kind, server } of servers) {
  describe.skipIf(server === null)(`${kind} that says no`, () => {
    const url = server?.url ?? ''
    let admin: Connection
    let name: string
    let made = 0

    beforeAll(async () => void (admin = await createConnection({ uri: url, multipleStatements: true })))
    afterAll(async () => admin.end())
    beforeEach(async () => {
      name = `refusals_${++made}`
      await admin.query(`create database ${name}`)
    })

    /** A user with these rights on the test's database and no others; gives the URL. */
    async function clerk(granted: readonly string[]): Promise<string> {
      const user = `clerk_${++made}`
      await admin.query(`create user '${user}'@'127.0.0.1' identified by 'clerk'`)
      if (granted.length > 0) await admin.query(`grant ${granted.join(', ')} on ${name}.* to '${user}'@'127.0.0.1'`)
      return changed(url, { username: user, password: 'clerk', pathname: `/${name}` })
    }

    const adminUrl = () => changed(url, { pathname: `/${name}` })

    /** Tables with a row, made by somebody who may. */
    async function prepare(): Promise<void> {
      await using database = await connectDatabase(adminUrl(), { poolSize: 1 })
      await migrateUp(database, workload, tables)
      await database.store.insert(shows, [show(1)])
    }

    const needsNothing = async () => {}
    const works: readonly (readonly [string, () => Promise<void>, (database: Database) => Promise<unknown>])[] = [
      ['SELECT', prepare, ({ store }) => store.find(shows, {})],
      ['INSERT', prepare, ({ store }) => store.insert(shows, [show(2)])],
      ['UPDATE', prepare, ({ store }) => store.update(shows, { id: 1 }, { free: 7 })],
      ['DELETE', prepare, ({ store }) => store.remove(shows, { id: 1 })],
      ['CREATE', needsNothing, (database) => migrateUp(database, workload, tables)],
      ['INDEX', needsNothing, (database) => migrateUp(database, workload, tables)],
      ['ALTER', prepare, (database) => database.dropIndexes(seats)],
      ['DROP', prepare, (database) => migrateDown(database, workload, tables)],
    ]

    // MariaDB does not ask for it where a table may be read or written to.
    const ofMysql: typeof works = [['REFERENCES', needsNothing, (database) => migrateUp(database, workload, tables)]]

    it.each(kind === 'mysql8' ? [...works, ...ofMysql] : works)(
      'names the right %s, and what it says mends it',
      async (right, before, work) => {
        await before()
        const limited = await clerk(without(right))
        let grant = ''
        {
          await using database = await connectDatabase(limited, { poolSize: 1 })
          const error = (await work(database).catch((thrown: unknown) => thrown)) as { code: string; message: string }
          expect(error).toMatchObject({ code: 'right-missing', message: expect.stringContaining(`the right ${right}`) })
          grant = /Grant it with "(.*?)", or/.exec(error.message)?.[1] ?? ''
        }
        await admin.query(grant)
        await using database = await connectDatabase(limited, { poolSize: 1 })
        await work(database)
      },
    )

    it('names the database in which nothing may be done', async () => {
      await expect(connectDatabase(await clerk([]), { poolSize: 1 })).rejects.toMatchObject({
        code: 'right-missing',
        message: expect.stringMatching(
          new RegExp(`lacks every right on the database ${name}, .*"GRANT ALL ON .${name}.\\.\\* TO 'clerk_\\d+'@`),
        ),
      })
    })

    it('needs none of the others, and does without LOCK TABLES', async () => {
      await using database = await connectDatabase(await clerk(allRights), { poolSize: 2 })
      await migrateUp(database, workload, tables)
      await database.store.insert(shows, [show(1)])
      await database.dropIndexes(seats)
      await database.createIndexes(seats)
      await database.awaitWriters(seats)
      await migrateDown(database, workload, tables)
      expect(await database.tables()).toEqual([])
    })

    it('compares the tables for a user who may only read them', async () => {
      await using maker = await connectDatabase(adminUrl(), { poolSize: 1 })
      await migrateUp(maker, workload, withNotes)
      await using database = await connectDatabase(await clerk(['SELECT']), { poolSize: 1 })
      const compared = async () =>
        (await compareTables(database, workload, withNotes)).flatMap(({ differences, notCompared }) => [
          ...differences.map(({ what, found }) => `${what}: ${found}`),
          ...(notCompared === undefined ? [] : [notCompared]),
        ])
      expect(await compared()).toEqual([])
      await admin.query(`alter table ${name}.seats drop foreign key seats_show_id_fk`)
      expect(await compared()).toEqual(['reference: null'])
    })

    it('ends what takes too long by its own limit, which no session of ours keeps', async () => {
      const sleep = { sql: 'select sleep(0.3) as slept', parameters: [] }
      const isMaria = kind === 'mariadb'
      const limited = await clerk(['SELECT'])
      const user = new URL(limited).username
      if (isMaria) await admin.query(`alter user '${user}'@'127.0.0.1' with max_statement_time 0.1`)
      else await admin.query('set global max_execution_time = 100')
      const connections = await connectMysql(limited, 1)
      try {
        expect(await connections.query(sleep)).toEqual([{ slept: 0 }])
        // MySQL's sleep() is only cut short by it.
        const hasty = isMaria
          ? 'set statement max_statement_time = 0.1 for select sleep(2)'
          : 'select /*+ max_execution_time(100) */ count(*) from information_schema.columns a, information_schema.columns b, information_schema.columns c'
        await expect(connections.query({ sql: hasty, parameters: [] })).rejects.toMatchObject({
          code: 'statement-timeout',
          message: expect.stringContaining('max_statement_time'),
        })
      } finally {
        await connections.close()
        if (!isMaria) await admin.query('set global max_execution_time = 0')
      }
    })

    it('takes no writes for a while: that is said, and waited for', async () => {
      await prepare()
      const waits: Wait[] = []
      const onWait = (wait: Wait | null) => void (wait && waits.push(wait))
      await using database = await connectDatabase(await clerk(allRights), { poolSize: 1, onWait })
      await admin.query('set global read_only = 1')
      try {
        await expect(database.dropIndexes(seats)).rejects.toMatchObject({
          code: 'database-read-only',
          message: expect.stringContaining('--read-only option'),
        })
        const storing = database.store.insert(shows, [show(2)])
        await expect
          .poll(() => waits.map(waitText).at(-1), { timeout: 8000 })
          .toMatch(/^waiting for the server, which takes no writes: read only \(1290\), [1-9] s$/)
        await admin.query('set global read_only = 0')
        await storing
      } finally {
        await admin.query('set global read_only = 0')
      }
      expect(database.retries()['read only (1290)']).toBeGreaterThan(1)
    })

    it('waits with tables that are to be made while it takes no writes', async () => {
      const waits: string[] = []
      const onWait = (wait: Wait | null) => void (wait && waits.push(waitText(wait)))
      await using database = await connectDatabase(await clerk(allRights), { poolSize: 1, onWait })
      await admin.query('set global read_only = 1')
      try {
        const making = migrateUp(database, workload, tables)
        await expect
          .poll(() => waits.at(-1), { timeout: 8000 })
          .toMatch(/^waiting for the server, which takes no writes: read only \(1290\), [1-9] s$/)
        await admin.query('set global read_only = 0')
        expect(await making).toEqual(['shows', 'seats'])
      } finally {
        await admin.query('set global read_only = 0')
      }
    })

    it('has no place left: that is said, and waited for', async () => {
      const limited = await clerk(allRights)
      const others: Connection[] = []
      const full = async () => {
        for (;;) others.push(await createConnection(limited))
      }
      await expect(full()).rejects.toMatchObject({ code: 'ER_CON_COUNT_ERROR' })
      const waits: string[] = []
      const onWait = (wait: Wait | null) => void (wait && waits.push(waitText(wait)))
      const opening = connectDatabase(limited, { poolSize: 1, onWait })
      await expect
        .poll(() => waits.at(-1), { timeout: 8000 })
        .toMatch(/^waiting for a connection: the server has no free one \(max_connections\), [1-9] s$/)
      for (const other of others) await other.end()
      await using database = await opening
      expect(database.retries()['no free connection (1040)']).toBeGreaterThan(0)
    })

    it('names the session that a row is waited for', async () => {
      await prepare()
      const holder = await createConnection(adminUrl())
      await holder.beginTransaction()
      await holder.query('select * from shows where id = 1 for update')
      const waits: string[] = []
      const onWait = (wait: Wait | null) => void (wait && waits.push(waitText(wait)))
      await using database = await connectDatabase(adminUrl(), { poolSize: 1, onWait })
      const updating = database.store.update(shows, { id: 1 }, { free: 7 })
      await expect
        .poll(() => waits.at(-1), { timeout: 8000 })
        .toMatch(new RegExp(`^waiting for the lock that session ${holder.threadId} holds, [1-9] s$`))
      await holder.rollback()
      await holder.end()
      expect(await updating).toBe(1)
    })

    it('names at last the session that may keep a table, and what ends it', async () => {
      await prepare()
      const holder = await createConnection(adminUrl())
      await holder.beginTransaction()
      await holder.query('select * from shows')
      await using database = await connectDatabase(adminUrl(), { poolSize: 1, onWait: () => {} })
      await expect(migrateDown(database, workload, tables)).rejects.toMatchObject({
        code: 'database-busy',
        message: expect.stringMatching(
          new RegExp(
            `^Gave up on .* after [2-4] s: session ${holder.threadId} \\(user rushbench, idle in transaction for \\d s\\) may hold a table's lock \\(Lock wait timeout exceeded.*End it with "kill ${holder.threadId}"`,
          ),
        ),
      })
      // Nor is what nobody keeps dropped without the rest.
      expect((await database.tables()).map((table) => table.name).sort()).toEqual(['seats', 'shows'])
      await holder.end()
      await migrateDown(database, workload, tables)
    })

    it('says which right the statistics of statements need, and tells them with it', async () => {
      await prepare()
      await checkStatementRight(kind, {
        url: await clerk(allRights),
        adminUrl: adminUrl(),
        grant: (sql) => admin.query(sql),
      })
    })

    it('does not see who keeps a row without PROCESS, and says so', async () => {
      await prepare()
      const holder = await createConnection(adminUrl())
      await holder.beginTransaction()
      await holder.query('select * from shows where id = 1 for update')
      const waits: string[] = []
      const onWait = (wait: Wait | null) => void (wait && waits.push(wait.what))
      await using database = await connectDatabase(await clerk(allRights), { poolSize: 1, onWait })
      const updating = database.store.update(shows, { id: 1 }, { free: 7 })
      await expect.poll(() => waits.at(-1), { timeout: 8000 }).toMatch(/^a lock, as it seems \(the right PROCESS/)
      await holder.end()
      expect(await updating).toBe(1)
    })

    it.each(['the same database', 'another one'])('drops nothing where a table of %s refers to it', async (where) => {
      await prepare()
      const other = where === 'another one' ? `${name}_other` : name
      if (other !== name) await admin.query(`create database ${other}`)
      // Of the same name as one of ours, where it can be.
      const child = other === name ? 'guests' : 'seats'
      await admin.query(
        `create table ${other}.${child} (show_id bigint not null, foreign key (show_id) references ${name}.shows (id)) engine = InnoDB`,
      )
      await using database = await connectDatabase(adminUrl(), { poolSize: 1 })
      await expect(migrateDown(database, workload, tables)).rejects.toMatchObject({
        code: 'tables-depended-on',
        message: expect.stringContaining(`${other === name ? '' : `${other}.`}${child} refers to shows`),
      })
      expect((await database.tables()).map((table) => table.name)).toEqual(expect.arrayContaining(['seats', 'shows']))
      await admin.query(`drop table ${other}.${child}`)
      await migrateDown(database, workload, tables)
      expect(await database.tables()).toEqual([])
    })
  })
}
