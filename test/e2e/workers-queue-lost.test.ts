import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPrivateService } from '../support/private-service.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'
import { requireMade, savedBy, startWorkers, stopWorkers, sumsOf, waitForBookings } from '../support/cli/workers.ts'

const redis = await startPrivateService('redis')

describe.skipIf(!redis)('a queue that is lost in the middle of a run', () => {
  let work: CliSandbox
  let workers: readonly RunningCli[] = []

  beforeAll(async () => {
    work = await createSandbox()
    workers = await startWorkers(work, redis!.url, ['a', 'b'])
  })

  afterAll(async () => {
    await stopWorkers(workers)
    await redis?.[Symbol.asyncDispose]()
    await work[Symbol.asyncDispose]()
  })

  const load = (duration: string) => {
    const flags = ['--rate', '40/s', '--max-in-flight', '100', '--workers', '2', '--queue', redis!.url]
    return ['load', '-w', 'tickets', '--duration', duration, ...flags]
  }

  it('ends the run with a clear error and what was known by then, and the workers do the next', async () => {
    const running = work.start(load('1h'))
    await waitForBookings(work, 100)
    await redis!.kill()
    const output = await running.result
    expect(output.code).toBe(1)
    expect(output.stderr).toMatch(/The queue redis:.* was lost in the middle of the run: /)
    const report = await savedBy(work, output)
    const sums = sumsOf(report)
    expect(sums.workers).toEqual(sums.whole)
    expect(sums.whole.requests).toBeGreaterThan(30)
    expect(report.generator.valid).toBe(false)
    // Nothing that the ledger holds is missing; what it could not be told of is no fault of the API.
    expect(report.audit).toMatchObject({ lost: 0, duplicate: 0 })
    await Promise.all(
      workers.map((worker) => worker.waitFor(/given back because the coordinator gave no sign of life/)),
    )

    await redis!.start()
    const next = await work.run(load('1s'))
    requireMade(next)
    const { load: figures } = await savedBy(work, next)
    expect(figures.iterations).toBe(40)
  })
})
