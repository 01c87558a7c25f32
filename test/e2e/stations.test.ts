import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBroker } from '../../src/lib/adapters/brokers/registry.ts'
import type { AuditReport, LoadReport } from '../../src/lib/record/record.ts'
import { published, wishOf } from '../support/stations/stations.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

const stations = ['--workload', 'stations']

describe('the stations, with no server at all', () => {
  let work: CliSandbox
  let brokerUrl: string

  beforeAll(async () => {
    work = await createSandbox()
    brokerUrl = `sqlite:${join(work.folder, '.rushbench', 'broker.db')}`
  })
  afterAll(() => work[Symbol.asyncDispose]())

  /** Everybody who has been published. */
  async function publishedPeople(): Promise<string[]> {
    await using broker = await openBroker(brokerUrl)
    return (await published({ broker })).map(({ mysejahteraId }) => mysejahteraId)
  }

  it('are listed, with what they run on', async () => {
    const { stdout } = await work.run(['workloads'])
    expect(stdout).toMatch(/^stations .*one place a person.*SQLite.*Redis.*Kafka/m)
    const listed = await work.runJson<{ name: string; original: string }[]>(['workloads'])
    expect(listed.find(({ name }) => name === 'stations')?.original).toContain('1,236 requests/s')
    const { stdout: sql } = await work.run(['workloads', 'stations', '--schema', 'sql', '--engine', 'sqlite'])
    expect(sql).toMatch(/^create table "station_days" .*;$/m)
    expect(await work.run(['workloads', '--schema', 'sql'])).toMatchObject({ code: 2 })
  })

  it('need their tables', async () => {
    expect((await work.run(['start', ...stations, '--port', '0'])).stderr).toContain(
      'Run "rushbench migrate --fill --workload stations --db sqlite:',
    )
    const tables = ['station_days', 'station_bookings', 'station_outbox', 'station_leases']
    expect(await work.runJson(['migrate', ...stations])).toMatchObject({ changed: tables })
  })

  it('refuse stations that cannot be used', async () => {
    await writeFile(
      join(work.folder, 'mine.json'),
      '[{"name": "Clinic", "from": "2021-02-30", "days": 1, "capacity": 5}]',
    )
    const { code, stderr } = await work.run(['start', ...stations, '--locations', 'mine.json', '--port', '0'])
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('mine.json cannot be used: entry 1, from'),
    })
  })

  it("serve those that ship with rushbench and one's own, and go on where kill -9 has stopped them", async () => {
    await writeFile(
      join(work.folder, 'mine.json'),
      '[{"name": "Clinic", "from": "2027-03-01", "days": 2, "capacity": 50}]',
    )
    const start = (...flags: string[]) => work.start(['start', ...stations, '--port', '0', ...flags])
    const first = start()
    const [, origin] = await first.waitFor(/Listening on (\S+) \(database sqlite:.*, broker sqlite:.*broker\.db/)
    expect(await (await fetch(`${origin}/stations/PWTC`)).json()).toHaveLength(30)
    const second = start('--locations', 'mine.json')
    const [, other] = await second.waitFor(/Listening on (\S+)/)
    const wishes = Array.from({ length: 40 }, (_, n) => wishOf(`clinic-${n}`, { location: 'Clinic', date: '20270302' }))
    const book = (at: string, n: number) =>
      fetch(`${at}/booking`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(wishes[n]),
      }).then(({ status }) => status)
    const answers = await Promise.all(wishes.map((_, n) => book((n % 2 === 0 ? origin : other)!, n)))
    expect(new Set(answers)).toEqual(new Set([201]))
    first.child.kill('SIGKILL')
    await first.result
    second.child.kill('SIGTERM')
    expect(await second.result).toMatchObject({ code: 0 })
    const all = wishes.map(({ mysejahteraId }) => mysejahteraId)
    expect(new Set(await publishedPeople())).toEqual(new Set(all))
    const { audit } = await work.runJson<AuditReport>(['audit', ...stations])
    expect(audit).toMatchObject({ passed: true })
  })

  it('are loaded by people who browse and book, killed meanwhile, and audited', async () => {
    // A relay publishes twice what another published but did not record before it was killed.
    const before = new Set(await publishedPeople()).size
    const users = ['--users', '60', '--duration', '15s', '--fault', 'kill-server@8s']
    const { code, stdout, stderr } = await work.run(['load', ...stations, ...users])
    expect({ code, stdout, stderr }).toMatchObject({ code: expect.toSatisfy((is) => is === 0 || is === 5) })
    expect(stdout).toMatch(/^audit ok {3}[1-9]\d* bookings acknowledged: 0 lost, 0 doubled, 0 oversold/m)
    expect(stdout).toMatch(/^stations +[1-9].*\ndays of a station +[1-9].*\nbook +[1-9]/m)
    expect(stdout).not.toContain('original')
    const report = JSON.parse(
      await readFile(join(work.folder, /report (.*)$/m.exec(stdout)![1]!), 'utf8'),
    ) as LoadReport
    const booked = report.load.outcomes.booked + report.audit!.unknownCommitted
    expect(new Set(await publishedPeople()).size - before).toBe(booked)
    expect(report.load.outcomes.booked).toBeGreaterThan(5)
  })

  it('answer one request over and over: the same person again and again gets one place', async () => {
    await writeFile(join(work.folder, 'body.json'), JSON.stringify(wishOf('again')))
    const post = ['--request', 'POST /booking', '--body', '@body.json', '--connections', '100', '--requests', '1000']
    const run = await work.run(['load', ...stations, ...post, '--json'])
    const { load, audit } = JSON.parse(run.stdout) as LoadReport
    expect(load.failureReasons).toEqual({ 'status 409': 999 })
    expect(audit).toMatchObject({ passed: true })
    expect((await publishedPeople()).filter((person) => person === 'again')).toHaveLength(1)
    const get = ['--request', 'GET /stations/PWTC', '--connections', '50', '--requests', '2000']
    expect(JSON.parse((await work.run(['load', ...stations, ...get, '--json'])).stdout)).toMatchObject({
      load: { requests: 2000, failures: 0 },
    })
  })

  it('take their tables with them', async () => {
    expect((await work.runJson<{ changed: string[] }>(['migrate', '--down', ...stations])).changed).toHaveLength(4)
  })
})
