import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paceInserts, scheduleFromNow, type InsertTiming, type Pace } from '../../../src/lib/insert-bench/pace.ts'
import { createVirtualClock, type VirtualClock } from '../../support/load/virtual-clock.ts'

/** Inserts that take as long as `service` says, ms, on a virtual clock. */
function paceOn(clock: VirtualClock, service: (index: number, connection: number) => number, rest: Partial<Pace> = {}) {
  const timings: InsertTiming[] = []
  const connections: number[] = []
  const pace: Pace = {
    inserts: 4,
    concurrency: 1,
    dueAt: null,
    clock,
    signal: new AbortController().signal,
    draw: (index, connection) => () =>
      new Promise((resolve) => {
        connections[index] = connection
        clock.schedule(service(index, connection), resolve)
      }),
    onInsert: (timing) => void timings.push(timing),
    turn: async () => {},
    ...rest,
  }
  return { pace, timings, connections }
}

async function finish(clock: VirtualClock, pace: Pace): Promise<number> {
  const done = paceInserts(pace)
  await clock.runAll()
  return done
}

const times = (timings: readonly InsertTiming[]) =>
  timings.map(({ index, startedAt, responseMs, serviceMs }) => [index, startedAt, responseMs, serviceMs])

describe('the closed model', () => {
  it('sends each insert when the one before came back', async () => {
    const clock = createVirtualClock()
    const { pace, timings } = paceOn(clock, (index) => index + 1)
    expect(await finish(clock, pace)).toBe(1 + 2 + 3 + 4)
    expect(times(timings)).toEqual([
      [0, 0, 1, 1],
      [1, 1, 2, 2],
      [2, 3, 3, 3],
      [3, 6, 4, 4],
    ])
  })

  it('keeps as many under way as there are connections', async () => {
    const clock = createVirtualClock()
    // Connection 0 gets the one insert of 10 ms; connection 1 does the other three meanwhile.
    const { pace, timings, connections } = paceOn(clock, (index) => (index === 0 ? 10 : 3), { concurrency: 2 })
    expect(await finish(clock, pace)).toBe(10)
    expect(connections).toEqual([0, 1, 1, 1])
    expect(times(timings)).toEqual([
      [1, 0, 3, 3],
      [2, 3, 3, 3],
      [3, 6, 3, 3],
      [0, 0, 10, 10],
    ])
  })
})

describe('the open model', () => {
  it('counts the wait in line as response time, not as service time', async () => {
    const clock = createVirtualClock()
    // 10 ms apart; the second takes 25 ms, so that the third, due at 20, is sent at 35, and the fourth, due at 30, at 40.
    const { pace, timings } = paceOn(clock, (index) => (index === 1 ? 25 : 5))
    expect(await finish(clock, { ...pace, dueAt: scheduleFromNow(clock, 100) })).toBe(45)
    expect(times(timings)).toEqual([
      [0, 0, 5, 5],
      [1, 10, 25, 25],
      [2, 35, 20, 5],
      [3, 40, 15, 5],
    ])
  })

  it('sends on time on another connection while one is stuck', async () => {
    const clock = createVirtualClock()
    const { pace, timings } = paceOn(clock, (index) => (index === 0 ? 100 : 5), { concurrency: 2 })
    await finish(clock, { ...pace, dueAt: scheduleFromNow(clock, 100) })
    expect(times(timings)).toEqual([
      [1, 10, 5, 5],
      [2, 20, 5, 5],
      [3, 30, 5, 5],
      [0, 0, 100, 100],
    ])
  })

  it('never sends before the time, and response is service plus wait, whatever the inserts take', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 10, max: 1000 }),
        async (services, concurrency, rate) => {
          const clock = createVirtualClock()
          const { pace, timings } = paceOn(clock, (index) => services[index]!, {
            inserts: services.length,
            concurrency,
          })
          const due = (index: number) => (index * 1000) / rate
          await finish(clock, { ...pace, dueAt: scheduleFromNow(clock, rate) })
          expect(timings).toHaveLength(services.length)
          for (const { index, startedAt, responseMs, serviceMs } of timings) {
            expect(serviceMs).toBeCloseTo(services[index]!)
            expect(startedAt).toBeGreaterThanOrEqual(due(index) - 1e-9)
            expect(responseMs).toBeCloseTo(startedAt - due(index) + serviceMs)
          }
        },
      ),
    )
  })
})

describe('an end before the end', () => {
  it('sends no more once the signal aborts, also while it waits for the next to be due', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    const { pace, timings } = paceOn(clock, () => 5, { signal: stop.signal })
    clock.schedule(12, () => stop.abort())
    expect(await finish(clock, { ...pace, dueAt: scheduleFromNow(clock, 100) })).toBe(15)
    expect(timings.map(({ index }) => index)).toEqual([0, 1])
  })

  it('sends nothing at all after the signal', async () => {
    const clock = createVirtualClock()
    const { pace, timings } = paceOn(clock, () => 5, { signal: AbortSignal.abort() })
    expect(await finish(clock, pace)).toBe(0)
    expect(timings).toEqual([])
  })

  it('ends with the error of the insert that failed, after the others came back', async () => {
    const clock = createVirtualClock()
    const { pace, timings } = paceOn(clock, () => 5, { concurrency: 2 })
    const draw: Pace['draw'] = (index, connection) => {
      const insert = pace.draw(index, connection)
      return index === 1 ? () => Promise.reject(new Error('disk full')) : insert
    }
    const [ended] = await Promise.allSettled([paceInserts({ ...pace, draw }), clock.runAll()])
    expect(ended).toMatchObject({ status: 'rejected', reason: new Error('disk full') })
    expect(times(timings)).toEqual([[0, 0, 5, 5]])
  })
})
