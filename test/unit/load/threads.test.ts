import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../support/load/virtual-clock.ts'
import { arrivals, get, run, scenario, slowServer, users } from '../../support/load/virtual-run.ts'

describe('a run in several threads', () => {
  it('has the very arrivals of a run in one, and the same figures', async () => {
    const model = arrivals(50, { arrivals: 'poisson' })
    const measure = async (threads: number) => {
      const clock = createVirtualClock()
      const client = slowServer(clock, (now) => 1 + (now % 97))
      return run(clock, [scenario((user) => get(user))], { model, client, threads })
    }
    const [one, three] = [await measure(1), await measure(3)]
    // How many are in flight at the same time is not known across threads.
    expect({ ...three, users: 0 }).toEqual({ ...one, users: 0 })
    expect(three.requests).toBeGreaterThan(400)
  })

  it('has the very users of a run in one, who come and go as they would there', async () => {
    const stages = [
      { durationMs: 5100, users: 5 },
      { durationMs: 5100, users: 0 },
    ]
    const measure = async (threads: number) => {
      const clock = createVirtualClock()
      const asked: number[] = []
      const ask = scenario(async (user) => {
        await user.think([90, 110])
        asked.push(user.id * 1e6 + clock.now())
        await get(user)
      })
      const model = { kind: 'closed', stages } as const
      const result = await run(clock, [ask], { model, threads, client: slowServer(clock, 5) })
      return { result, asked: asked.toSorted((a, b) => a - b) }
    }
    expect(await measure(2)).toEqual(await measure(1))
  })

  it('is full when one thread is', async () => {
    const clock = createVirtualClock()
    const model = arrivals(2, { maxInFlight: 2 })
    // Each thread has one user and one arrival a second; that of the first thread comes with the second, and is slow.
    const client = slowServer(clock, (now) => (now % 1000 === 0 ? 1001 : 1))
    const result = await run(clock, [scenario((user) => get(user))], { model, client, threads: 2 })
    expect(result).toMatchObject({ requests: 15, skipped: 5, full: true, users: 2 })
  })

  it('adds up the failures and their reasons, and ends with the signal in all threads', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    clock.schedule(2600, () => stop.abort())
    const result = await run(clock, [scenario(async (user) => (await user.think(450), get(user)))], {
      model: users(4),
      client: slowServer(clock, 50, { status: 500 }),
      signal: stop.signal,
      threads: 2,
    })
    expect(result).toMatchObject({ errors: 0, errorReasons: {} })
    expect(result).toMatchObject({ interrupted: true, seconds: 2.6, requests: 20, failures: 20, users: 4 })
    expect(result.failureReasons).toEqual({ 'status 500': 20 })
    expect(result.steps).toHaveLength(1)
  })

  it('adds up the iterations that threw, and what they threw', async () => {
    const clock = createVirtualClock()
    const broken = scenario(async (user) => {
      await get(user)
      throw new Error(user.id === 0 ? 'no basket' : 'sold out')
    })
    const result = await run(clock, [broken], { model: users(3), threads: 2 })
    // 50 ms for the request and 1,000 ms of pause: each user ten times in 10 s.
    expect(result).toMatchObject({ iterations: 30, errors: 30 })
    expect(result.errorReasons).toEqual({ 'test: no basket': 10, 'test: sold out': 20 })
  })
})
