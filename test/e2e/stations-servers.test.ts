import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBroker } from '../../src/lib/adapters/brokers/registry.ts'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { bookings } from '../../src/lib/workloads/stations/tables.ts'
import { published } from '../support/stations/stations.ts'
import { startPrivateService, type PrivateService } from '../support/private-service.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

/** Users that ask for more than any API can do, so that bookings are under way whenever something goes wrong. */
const scenario = `
import { defineScenario } from 'rushbench'

export default defineScenario({
  name: 'book',
  prepare: () => ({ bookings: 0 }),
  async run(user, state) {
    state.bookings++
    const mysejahteraId = user.runId + '-' + user.id + '-' + state.bookings
    const date = String(20210516 + user.random.integer(0, 9))
    const body = { mysejahteraId, firstName: 'Nur', lastName: 'Aisyah', address: '1 Jalan Tun Ismail',
      location: 'PWTC', phoneNumber: '+60123456789', date }
    const answer = await user.request({ step: 'book', method: 'POST', path: '/booking', body, wantBody: true })
    const outcome = user.outcomeOf(answer)
    const id = outcome === 'booked' ? { id: answer.json().mysejahteraId } : {}
    await user.ledger.record({ key: mysejahteraId, resource: 'PWTC/' + date, outcome, ...id })
    // A server that is down is not asked again at once.
    await user.think(outcome === 'booked' ? [0, 20] : 50)
  },
})
`

const [redis, kafka] = await Promise.all([startPrivateService('redis'), startPrivateService('kafka')])
const servers = { redis, kafka }
afterAll(async () => {
  for (const server of Object.values(servers)) await server?.[Symbol.asyncDispose]()
})

/** A machine that is shared takes its time to start Kafka again. */
const timeout = 240_000

/** Bookings before, while and after something is away. */
const enough = 150

describe('stations whose servers are killed and started again', () => {
  let work: CliSandbox

  beforeEach(async () => {
    work = await createSandbox()
    await writeFile(join(work.folder, 'book.mjs'), scenario)
    const locations = [{ name: 'PWTC', from: '2021-05-16', days: 10, capacity: 1_000_000 }]
    await writeFile(join(work.folder, 'locations.json'), JSON.stringify(locations))
  })
  afterEach(() => work[Symbol.asyncDispose]())

  interface Restart {
    readonly db: string
    readonly broker: string
    readonly server: PrivateService
    /** Whether bookings go on while it is away. */
    readonly takesBookings: boolean
  }

  async function countBookings(db: string): Promise<number> {
    await using database = await connectDatabase(db, { poolSize: 1 })
    const count = await database.store.count(bookings)
    return count
  }

  /** Waits until there are so many bookings more. */
  async function moreBookings(db: string): Promise<void> {
    const before = await countBookings(db)
    await expect.poll(() => countBookings(db), { timeout: 60_000, interval: 100 }).toBeGreaterThan(before + enough)
  }

  /** Output of a load that goes on while the server is killed and comes back. */
  async function loadThrough({ db, broker, server, takesBookings }: Restart): Promise<LoadReport> {
    const flags = ['--workload', 'stations', '--locations', 'locations.json', '--scenario', './book.mjs']
    const users = ['--users', '30', '--duration', '10m']
    await work.runJson(['migrate', '--workload', 'stations', '--db', db])
    const load = work.start(['load', ...flags, ...users, '--db', db, '--broker', broker])
    await moreBookings(db)
    await server.kill()
    if (takesBookings) await moreBookings(db)
    await server.start()
    await moreBookings(db)
    load.child.kill('SIGINT')
    const { code, stdout, stderr } = await load.result
    expect({ code, stdout, stderr }).toMatchObject({ code: 130, stdout: expect.stringMatching(/^audit ok /m) })
    return JSON.parse(await readFile(join(work.folder, /report (.*)$/m.exec(stdout)![1]!), 'utf8')) as LoadReport
  }

  /** Nothing is lost or doubled, and whatever is stored was published. */
  async function expectNothingLost({ load, audit }: LoadReport, broker: string): Promise<void> {
    expect(load.outcomes.booked).toBeGreaterThan(2 * enough)
    expect(audit).toMatchObject({ passed: true, lost: 0, duplicate: 0, oversold: 0, inconsistent: 0 })
    expect((await publishedPeople(broker)).size).toBe(load.outcomes.booked + audit!.unknownCommitted)
  }

  it.skipIf(servers.kafka === null)('go on booking while Kafka is away, and publish it all', { timeout }, async () => {
    const server = servers.kafka!
    const db = `sqlite:${join(work.folder, 'test.db')}`
    const report = await loadThrough({ db, broker: server.url, server, takesBookings: true })
    await expectNothingLost(report, server.url)
    expect(report.load.outcomes).toMatchObject({ failed: 0, unknown: 0 })
  })

  it.skipIf(servers.redis === null)(
    'lose nothing while Redis is away, which is when they refuse to book',
    { timeout },
    async () => {
      const server = servers.redis!
      const broker = `sqlite:${join(work.folder, 'broker.db')}`
      const report = await loadThrough({ db: server.url, broker, server, takesBookings: false })
      await expectNothingLost(report, broker)
      expect(report.load.failures).toBeGreaterThan(0)
      await work.runJson(['migrate', '--down', '--workload', 'stations', '--db', server.url])
    },
  )
})

const isWhole = servers.redis !== null && servers.kafka !== null

describe.skipIf(!isWhole)('stations on what the original ran on, Redis and Kafka', () => {
  let work: CliSandbox
  beforeEach(async () => void (work = await createSandbox()))
  afterEach(() => work[Symbol.asyncDispose]())

  it('are migrated, started, loaded and audited', { timeout }, async () => {
    const [db, broker] = [servers.redis!.url, servers.kafka!.url]
    const flags = ['--workload', 'stations', '--db', db, '--broker', broker]
    await work.runJson(['migrate', '--workload', 'stations', '--db', db])
    const before = (await publishedPeople(broker)).size
    const api = work.start(['start', ...flags, '--port', '0'])
    const [, origin] = await api.waitFor(/Listening on (\S+) \(database redis:.*, broker kafka:/)
    const users = ['--users', '60', '--duration', '12s']
    const { load, audit } = await work.runJson<LoadReport>(['load', ...flags, ...users, '--target', origin!])
    expect(load.failures).toBe(0)
    expect(load.outcomes.booked).toBeGreaterThan(5)
    // While the API runs: the audit waits for its relay.
    expect(audit).toMatchObject({ passed: true, acknowledged: load.outcomes.booked })
    expect((await publishedPeople(broker)).size).toBe(before + load.outcomes.booked)
    api.child.kill('SIGTERM')
    expect(await api.result).toMatchObject({ code: 0 })
    const request = ['--request', 'GET /stations/PWTC', '--connections', '50', '--requests', '2000', '--json']
    expect(JSON.parse((await work.run(['load', ...flags, ...request])).stdout)).toMatchObject({ load: { failures: 0 } })
    expect(await work.runJson(['audit', ...flags])).toMatchObject({ audit: { passed: true } })
  })
})

async function publishedPeople(url: string): Promise<Set<string>> {
  await using broker = await openBroker(url)
  return new Set((await published({ broker })).map(({ mysejahteraId }) => mysejahteraId))
}
