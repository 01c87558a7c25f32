import { hostname } from 'node:os'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { borrowDatabase, type LentDatabase } from '../support/database/redis-databases.ts'
import { findService } from '../support/services.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'
import {
  keysOfRuns,
  requireMade,
  savedBy,
  startWorkers,
  stopWorkers,
  sumsOf,
  waitForBookings,
} from '../support/cli/workers.ts'

/** Bookings from the first second on. */
const tickets = ['load', '-w', 'tickets', '--rate', '60/s', '--max-in-flight', '200']

function expectExact(report: LoadReport): void {
  const sums = sumsOf(report)
  expect(sums.workers).toEqual(sums.whole)
  expect([sums.steps, sums.timeline]).toEqual([sums.whole.requests, sums.whole.requests])
  expect(sums.bookings).toBe(sums.booked)
  expect(sums.booked).toBeGreaterThan(0)
  expect(report.audit).toMatchObject({ passed: true, lost: 0, duplicate: 0, acknowledged: sums.booked })
}

describe('load --workers on this machine', () => {
  let work: CliSandbox
  beforeAll(async () => (work = await createSandbox()))
  afterAll(() => work[Symbol.asyncDispose]())

  it('adds up what four processes did, to the last request', async () => {
    const output = await work.run([...tickets, '--duration', '2s', '--workers', '4'])
    requireMade(output)
    const report = await savedBy(work, output)
    expectExact(report)
    expect(report.load.iterations).toBe(120)
    expect(new Set(report.load.workers?.map(({ pid }) => pid)).size).toBe(4)
    expect(output.stdout).toMatch(/^worker +host +requests/m)
  })

  it('is not valid when one of them is killed, and keeps what that had done', async () => {
    const load = work.start([...tickets, '--duration', '60s', '--workers', '2'])
    await waitForBookings(work, 150)
    const [pid] = await childrenOf(load.child.pid!)
    process.kill(pid!, 'SIGKILL')
    const output = await load.result
    expect(output.code).toBe(5)
    const report = await savedBy(work, output)
    expectExact(report)
    expect(report.load.interrupted).toBe(true)
    expect(report.generator.reasons).toContainEqual(
      expect.stringMatching(
        /^worker \d on .+ was lost: it was ended by SIGKILL; what it measured in its last second is missing$/,
      ),
    )
    // What it had told in its first seconds.
    expect(report.load.workers?.find(({ lost }) => lost !== undefined)?.requests).toBeGreaterThan(50)
  })
})

const server = await findService('redis')

describe.skipIf(!server)('load --workers on a queue', () => {
  let work: CliSandbox
  let place: LentDatabase
  let workers: readonly RunningCli[] = []

  const load = (...flags: readonly string[]) => [...tickets, '--queue', place.url, ...flags]

  beforeAll(async () => {
    work = await createSandbox()
    place = await borrowDatabase(server!)
    workers = await startWorkers(work, place.url, ['a', 'b', 'c', 'd'])
  })

  afterAll(async () => {
    await stopWorkers(workers)
    await place.remove()
    await work[Symbol.asyncDispose]()
  })

  it('adds up what four workers did, to the last request, and leaves no key of the run', async () => {
    const output = await work.run(load('--duration', '2s', '--workers', '4'))
    requireMade(output)
    expect(output.stderr).toMatch(/^4 of 4 workers are ready$/m)
    const report = await savedBy(work, output)
    expectExact(report)
    expect(report.load.iterations).toBe(120)
    expect(report.load.workers?.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'd'])
    for (const { clockOffsetMs, clockRoundTripMs } of report.load.workers ?? []) {
      // Of one machine, as far as the comparison can tell.
      expect(Math.abs(clockOffsetMs!)).toBeLessThanOrEqual(clockRoundTripMs! / 2 + 5)
    }
    expect(await keysOfRuns(place.url)).toEqual([])
  })

  it('shares a single request, with its headers and every byte of its body', async () => {
    const seen: string[] = []
    const api = createServer((request, response) => {
      void request.toArray().then((chunks: Buffer[]) => {
        const body = Buffer.concat(chunks).toString('hex')
        if (request.method === 'PATCH') seen.push(`${request.headers.cookie} ${body}`)
        response.end()
      })
    })
    api.listen(0, '127.0.0.1')
    await once(api, 'listening')
    try {
      const target = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
      await writeFile(join(work.folder, 'bytes'), Buffer.from([0, 255, 13, 10]))
      const request = [
        '--request',
        'patch /seat',
        '--body',
        '@bytes',
        '--header',
        'Cookie: a=1',
        '--header',
        'Cookie: b=2',
      ]
      const size = ['--connections', '3', '--requests', '50', '--workers', '2', '--queue', place.url]
      const output = await work.run(['load', '--target', target, ...request, ...size])
      requireMade(output)
      const report = await savedBy(work, output)
      expect(sumsOf(report).workers).toEqual({ requests: 50, failures: 0 })
      expect(seen).toEqual(Array.from({ length: 50 }, () => 'a=1; b=2 00ff0d0a'))
      expect(await keysOfRuns(place.url)).toEqual([])
    } finally {
      api.closeAllConnections()
      api.close()
    }
  })

  it('looks for a limit with them, one trial after the other', async () => {
    // No API is that fast, so that there is always another trial.
    const limit = ['--find-limit', 'response_time.p50<0.001ms']
    const flags = ['--rate', '100/s', '--duration', '1s', '--workers', '2', '--queue', place.url, ...limit]
    const running = work.start(['load', '-w', 'tickets', ...flags])
    await running.waitFor(/^rate 100: [^]*^rate 50: /m)
    running.child.kill('SIGINT')
    const output = await running.result
    const report = await savedBy(work, output)
    expect(report.limit?.trials.map(({ level, requests }) => [level, requests])).toEqual([
      [100, 100],
      [50, 50],
    ])
  })

  it('ends with Ctrl-C, and so do all workers, who wait for the next run', async () => {
    const running = work.start(load('--duration', '1h', '--workers', '4'))
    await waitForBookings(work, 150)
    running.child.kill('SIGINT')
    const output = await running.result
    expect(output).toMatchObject({ code: 130 })
    expectExact(await savedBy(work, output))
    await Promise.all(workers.map((worker) => worker.waitFor(/ended(?![^]*(begun|ready|taken)$)/)))
    expect(await keysOfRuns(place.url)).toEqual([])
  })

  it('ends in the workers when its own process was killed, and they do the next', async () => {
    const running = work.start(load('--duration', '1h', '--workers', '4'))
    await waitForBookings(work, 150)
    running.child.kill('SIGKILL')
    await Promise.all(
      workers.map((worker) => worker.waitFor(/given back because the coordinator gave no sign of life/)),
    )
    const next = await work.run(load('--duration', '1s', '--workers', '4'))
    requireMade(next)
    expectExact(await savedBy(work, next))
  })

  it('says how many workers there are when they are too few', async () => {
    const before = await keysOfRuns(place.url)
    const output = await work.run(load('--duration', '1s', '--workers', '5', '--worker-wait', '2s'))
    expect(output.code).toBe(1)
    expect(output.stderr).toContain('Only 4 of 5 workers took their shard within 2 s')
    expect(output.stderr).toContain('rushbench worker --queue redis://')
    // What a killed run has left goes by itself.
    expect(before).toEqual(expect.arrayContaining(await keysOfRuns(place.url)))
  })

  it('says when the queue is not there, and that no password is shown', async () => {
    const nowhere = 'redis://user:secret@127.0.0.1:1'
    for (const args of [
      ['worker', '--queue', nowhere],
      [...tickets, '--duration', '1s', '--workers', '2', '--queue', nowhere],
    ]) {
      const { code, stderr, stdout } = await work.run(args)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^Error: Cannot reach the queue redis:\/\/user:\*\*\*@127\.0\.0\.1:1: .*right\?$/m)
      expect(stderr + stdout).not.toContain('secret')
    }
  })

  // The last ones: they cost some of the workers.
  it('is not valid when one is killed and another hangs, names both, and keeps what they had done', async () => {
    const running = work.start(load('--duration', '1h', '--workers', '4'))
    await waitForBookings(work, 150)
    const [killed, hung] = workers as [RunningCli, RunningCli]
    killed.child.kill('SIGKILL')
    hung.child.kill('SIGSTOP')
    const output = await running.result
    expect(output.code).toBe(5)
    const report = await savedBy(work, output)
    expectExact(report)
    const reason = 'it has given no sign of life for too long; what it measured in its last second is missing'
    expect(report.generator.reasons).toEqual(
      expect.arrayContaining(['a', 'b'].map((name) => `worker ${name} on ${hostname()} was lost: ${reason}`)),
    )
    for (const { requests } of report.load.workers ?? []) expect(requests).toBeGreaterThan(10)
    expect(
      report.load.workers
        ?.filter(({ lost }) => lost !== undefined)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['a', 'b'])
    // It had hung while others were asked to stop, and finds out by itself that nobody waits for it.
    hung.child.kill('SIGCONT')
    await hung.waitFor(/given back because [^]*given back because/)
  })

  it('is not valid when one is stopped, which gives its part back', async () => {
    const running = work.start(load('--duration', '1h', '--workers', '3'))
    await waitForBookings(work, 60)
    const [stopped] = workers.slice(2) as [RunningCli]
    stopped.child.kill('SIGINT')
    const output = await running.result
    expect(output.code).toBe(5)
    const report = await savedBy(work, output)
    expectExact(report)
    expect(report.generator.reasons).toContain(`worker c on ${hostname()} was lost: it was stopped`)
    expect((await stopped.result).code).toBe(130)
  })
})

/** Processes that a process has started. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  const children = text.trim().split(' ').map(Number)
  const names = await Promise.all(children.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8')))
  return children.filter((_, index) => names[index]?.includes('load-process'))
}
