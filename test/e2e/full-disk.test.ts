import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import { parseReport } from '../../src/lib/record/parse.ts'
import type { InsertBenchReport } from '../../src/lib/record/record.ts'
import { reservations } from '../../src/lib/workloads/vaccination/tables.ts'
import { findViolations } from '../support/ledgers.ts'
import { startPrivateService } from '../support/private-service.ts'
import { createSmallDisk, mountOver, type SmallDisk } from '../support/small-disk.ts'
import { createSandbox, type CliResult, type CliSandbox } from '../support/cli/sandbox.ts'

/** A file that may not grow is told of by another word of the system than a disk that is full. */
const full = /No space left for|The disk would not read or write the file of/

/** Kilobytes: for some thousand reservations, and for all that are wanted. */
const little = 600
const plenty = 400_000

interface Place extends AsyncDisposable {
  readonly db: string
  readonly disk: SmallDisk
}

async function openSqlite(): Promise<Place> {
  const disk = await createSmallDisk()
  return {
    db: `sqlite:${join(disk.folder, 'full.db')}`,
    disk,
    [Symbol.asyncDispose]: () => disk[Symbol.asyncDispose](),
  }
}

/** A server of its own, of which one database has a small disk; `findFolder` makes it and says where it is. */
async function openServer(
  name: 'postgres',
  findFolder: (url: string) => Promise<{ readonly db: string; readonly folder: string }>,
): Promise<Place | null> {
  const server = await startPrivateService(name)
  if (!server) return null
  const { db, folder } = await findFolder(server.url)
  const disk = await mountOver(join(server.folder, folder))
  if (!disk) {
    await server[Symbol.asyncDispose]()
    return null
  }
  return {
    db,
    disk,
    async [Symbol.asyncDispose]() {
      await server.kill()
      await disk[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function findPostgresFolder(url: string) {
  const admin = new Client({ connectionString: url })
  await admin.connect()
  // Its files are all on the disk when it is made, and nobody has them open.
  await admin.query('create database small strategy file_copy')
  const { rows } = await admin.query<{ oid: number }>("select oid from pg_database where datname = 'small'")
  await admin.end()
  return { db: Object.assign(new URL(url), { pathname: '/small' }).toString(), folder: `base/${rows[0]?.oid}` }
}

/** InnoDB ends its own server where a bulk load finds no room, which is a lost connection and no full disk. */
const places: readonly (readonly [string, Place | null])[] = [
  ['sqlite', await openSqlite()],
  ['postgres', await openServer('postgres', findPostgresFolder)],
]
afterAll(async () => {
  for (const [, place] of places) await place?.[Symbol.asyncDispose]()
})

const usable = places.filter((place): place is [string, Place] => place[1] !== null)

describe.for(usable)('a full disk under %s', ([, { db, disk }]) => {
  let work: CliSandbox

  beforeAll(async () => {
    work = await createSandbox()
    await disk.setRoom(plenty)
    await run('migrate')
    await run('insert-schedules', '--years', '1', '--every', '4h', '--capacity', '1000')
  })
  afterAll(() => work[Symbol.asyncDispose]())

  const run = (...args: string[]): Promise<CliResult> => work.run([...args, '--db', db], disk.env())

  /** Ends for want of room, with a sentence. */
  async function runsFull(...args: string[]): Promise<CliResult> {
    await disk.setRoom(little)
    const result = await run(...args)
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(full) })
    expect(result.stderr).not.toMatch(/\n {4}at /)
    await disk.setRoom(plenty)
    return result
  }

  /** Rows in the table, once the stock of every slot is true for them. */
  async function countTrueRows(): Promise<number> {
    await using database = await connectDatabase(db, { poolSize: 2 })
    expect(await findViolations(database)).toEqual([])
    return await database.store.count(reservations)
  }

  it('ends timed inserts, after which the stock is true, or is mended as it is said', async () => {
    await runsFull('insert-reservation-bench', '--stream', '--rows', '1m')
    const next = await run('insert-reservation-bench', '--inserts', '5', '--warmup', '0')
    if (next.code !== 0) {
      expect(next).toMatchObject({ code: 1, stderr: expect.stringContaining('insert-reservations --abandon') })
      expect(await run('insert-reservations', '--abandon')).toMatchObject({ code: 0 })
    }
    expect(await countTrueRows()).toBeGreaterThan(10)
  })

  it('ends a sweep at the size that has no room, and keeps the others', async () => {
    const rows = await countTrueRows()
    const sizes = [rows + 10, rows + 30]
    const sweep = ['--at', `${sizes.join()},${rows + 100_000}`, '--inserts', '10', '--warmup', '0']
    const { stderr } = await runsFull('insert-reservation-bench', ...sweep)
    const path = /kept in (\S+\.json)|(\S+\.json)/.exec(stderr)
    const file = join(work.folder, path?.[1] ?? path?.[2] ?? '')
    const report = parseReport(await readFile(file, 'utf8'), file) as InsertBenchReport
    expect(report).toMatchObject({ interrupted: true, missing: [rows + 100_000] })
    expect(report.checkpoints.map((checkpoint) => checkpoint.rows)).toEqual(sizes)
    expect(await run('insert-reservation-bench', '--resume')).toMatchObject({ code: 0 })
    expect(await countTrueRows()).toBe(rows + 100_000 + 10 + 1)
  })

  it('ends a seeding, which is gone on with when there is room', async () => {
    const rows = await countTrueRows()
    await runsFull('insert-reservations', '--rows', '120k', '--keys', 'random')
    expect(await run('insert-reservations', '--resume')).toMatchObject({ code: 0 })
    expect(await countTrueRows()).toBe(rows + 120_000)
  })
})
