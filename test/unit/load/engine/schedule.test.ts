import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  arrivalTimes,
  changesOfShard,
  shareOf,
  takeTurns,
  userChanges,
  type ArrivalSchedule,
} from '../../../../src/lib/load/engine/schedule.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'

describe('userChanges', () => {
  it('spreads the users over a ramp, from its beginning on', () => {
    expect([...userChanges([{ durationMs: 10_000, users: 4 }])]).toEqual([
      { atMs: 0, users: 1 },
      { atMs: 2500, users: 2 },
      { atMs: 5000, users: 3 },
      { atMs: 7500, users: 4 },
    ])
  })

  it('goes up, stays, and comes down to nobody at the very end', () => {
    const stages = [
      { durationMs: 3000, users: 3 },
      { durationMs: 10_000, users: 3 },
      { durationMs: 6000, users: 0 },
    ]
    expect([...userChanges(stages)]).toEqual([
      { atMs: 0, users: 1 },
      { atMs: 1000, users: 2 },
      { atMs: 2000, users: 3 },
      { atMs: 15_000, users: 2 },
      { atMs: 17_000, users: 1 },
      { atMs: 19_000, users: 0 },
    ])
  })

  it('jumps where a stage takes no time', () => {
    const stages = [
      { durationMs: 0, users: 2 },
      { durationMs: 1000, users: 2 },
      { durationMs: 0, users: 1 },
    ]
    expect([...userChanges(stages)]).toEqual([
      { atMs: 0, users: 1 },
      { atMs: 0, users: 2 },
      { atMs: 1000, users: 1 },
    ])
  })

  it('goes one by one, never back in time, and ends with the users of the last stage', () => {
    const stage = fc.record({ durationMs: fc.nat(100_000), users: fc.nat(50) })
    fc.assert(
      fc.property(fc.array(stage, { minLength: 1 }), (stages) => {
        let [at, users] = [0, 0]
        for (const change of userChanges(stages)) {
          expect(Math.abs(change.users - users)).toBe(1)
          // The sum of the stages before is exact, a fraction of one is not.
          expect(change.atMs).toBeGreaterThan(at - 1e-6)
          at = change.atMs
          users = change.users
        }
        expect(users).toBe(stages.at(-1)?.users)
      }),
    )
  })
})

describe('arrivalTimes', () => {
  const schedule: ArrivalSchedule = { ratePerSecond: 4, arrivals: 'constant', durationMs: 1000 }
  const poisson: ArrivalSchedule = { ratePerSecond: 1000, arrivals: 'poisson', durationMs: 100_000 }

  it('spaces constant arrivals evenly, the first at once, none at the end', () => {
    expect([...arrivalTimes(schedule, createRandom('x'))]).toEqual([0, 250, 500, 750])
  })

  it('does not drift: the last of a million arrivals is on time', () => {
    let last = 0
    for (const at of arrivalTimes({ ...schedule, ratePerSecond: 3, durationMs: 333_333_000 }, createRandom('x')))
      last = at
    expect(last).toBeCloseTo(333_332_666.667, 2)
  })

  it('has as many constant arrivals as the rate makes, rounded down, for all rates and durations', () => {
    const count = (ratePerSecond: number, durationMs: number) =>
      [...arrivalTimes({ arrivals: 'constant', ratePerSecond, durationMs }, createRandom('x'))].length
    expect(count(19, 1000)).toBe(19)
    expect(count(19, 1500)).toBe(28)
    expect(count(0.29, 100_000)).toBe(29)
    // So slow a rate has its one arrival at the start.
    expect(count(0.5, 1000)).toBe(1)
    const wrong: string[] = []
    for (let rate = 1; rate <= 200; rate++) {
      for (let seconds = 1; seconds <= 30; seconds++) {
        if (count(rate, seconds * 1000) !== rate * seconds) wrong.push(`${rate}/s for ${seconds} s`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('has them with decimals, with bursts and in shards as well, each before the end and after the one before', () => {
    const decimals = fc.record({
      hundredths: fc.integer({ min: 1, max: 50_000 }),
      durationMs: fc.integer({ min: 1000, max: 20_000 }),
      factorTenths: fc.integer({ min: 1, max: 50 }),
      atMs: fc.nat(500),
      lengthMs: fc.integer({ min: 1, max: 500 }),
      parts: fc.integer({ min: 1, max: 4 }),
    })
    fc.assert(
      fc.property(decimals, ({ hundredths, durationMs, factorTenths, atMs, lengthMs, parts }) => {
        const bursts = [{ factor: factorTenths / 10, atMs, lengthMs }]
        const given: ArrivalSchedule = { arrivals: 'constant', ratePerSecond: hundredths / 100, bursts, durationMs }
        const times = [...arrivalTimes(given, createRandom('x'))]
        const millionths = BigInt(hundredths) * (10n * BigInt(durationMs) + BigInt(lengthMs * (factorTenths - 10)))
        expect(times).toHaveLength(Math.max(1, Number(millionths / 1_000_000n)))
        expect(times.at(-1)).toBeLessThan(durationMs)
        expect(times.every((at, index) => index === 0 || at > times[index - 1]!)).toBe(true)
        const ofParts = Array.from({ length: parts }, (_, index) => [...takeTurns(times, { index, of: parts })])
        expect(ofParts.flat()).toHaveLength(times.length)
      }),
    )
  })

  it('draws exponential gaps for a Poisson process', () => {
    // Floats 0, 0.5 and 0.75 of the random source are gaps of 0, ln 2 and ln 4 times the mean, 250 ms.
    const floats = [0, 0.5, 0.75, 0.99]
    const random = { ...createRandom('x'), float: () => floats.shift() as number }
    const times = [...arrivalTimes({ ...schedule, arrivals: 'poisson' }, random)]
    expect(times).toHaveLength(3)
    expect(times[0]).toBeCloseTo(0, 3)
    expect(times[1]).toBeCloseTo(173.287, 3)
    expect(times[2]).toBeCloseTo(173.287 + 346.574, 2)
  })

  it('has the rate, and as much variance in a second, as a Poisson process has', () => {
    const seconds = Array.from({ length: 100 }, () => 0)
    for (const at of arrivalTimes(poisson, createRandom('test'))) seconds[Math.floor(at / 1000)]!++
    const mean = seconds.reduce((sum, count) => sum + count, 0) / seconds.length
    const variance = seconds.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (seconds.length - 1)
    // Standard errors are 0.3% and 14%.
    expect(mean / 1000).toBeGreaterThan(0.99)
    expect(mean / 1000).toBeLessThan(1.01)
    expect(variance / 1000).toBeGreaterThan(0.6)
    expect(variance / 1000).toBeLessThan(1.4)
  })

  it('has a burst at its factor, as many before and after it as ever, and none twice', () => {
    const burst = { factor: 4, atMs: 250, lengthMs: 250 }
    const times = [...arrivalTimes({ ...schedule, bursts: [burst] }, createRandom('x'))]
    expect(times).toEqual([0, 250, 312.5, 375, 437.5, 500, 750])
  })

  it('has several, also lulls, and keeps what a lull does not let start for nothing', () => {
    const bursts = [
      { factor: 2, atMs: 0, lengthMs: 500 },
      { factor: 0.5, atMs: 500, lengthMs: 1000 },
    ]
    // At 4 a second: 4 in the first half second, 2 in the next whole one, then every 250 ms.
    expect([...arrivalTimes({ ...schedule, durationMs: 2000, bursts }, createRandom('x'))]).toEqual([
      0, 125, 250, 375, 500, 1000, 1500, 1750,
    ])
  })

  it('lets as many people come at random in a burst as its factor says', () => {
    const bursts = [{ factor: 10, atMs: 40_000, lengthMs: 1000 }]
    const times = [...arrivalTimes({ ...poisson, bursts }, createRandom('test'))]
    const within = (from: number, to: number) => times.filter((at) => at >= from && at < to).length
    // Standard errors are 1% and 0.5%.
    expect(within(40_000, 41_000) / 10_000).toBeCloseTo(1, 1)
    expect((within(0, 40_000) + within(41_000, 100_000)) / 99_000).toBeCloseTo(1, 1)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  it('is the same for the same seed, and another for another', () => {
    const first = (seed: string) => [...arrivalTimes({ ...poisson, durationMs: 10 }, createRandom(seed))]
    expect(first('a')).toEqual(first('a'))
    expect(first('a')).not.toEqual(first('b'))
  })
})

describe('a shard of a run', () => {
  it('has every so manieth user, and all shards together have all', () => {
    expect([0, 1, 2].map((index) => shareOf(7, { index, of: 3 }))).toEqual([3, 2, 2])
    expect([0, 1, 2].map((index) => shareOf(1, { index, of: 3 }))).toEqual([1, 0, 0])
    expect(shareOf(0, { index: 2, of: 3 })).toBe(0)
  })

  it('sees its own users come and go, when they do in the whole', () => {
    const changes = [1, 2, 3, 4, 3, 2, 1, 0].map((users, index) => ({ atMs: index * 10, users }))
    expect([...changesOfShard(changes, { index: 1, of: 2 })]).toEqual([
      { atMs: 10, users: 1 },
      { atMs: 30, users: 2 },
      { atMs: 40, users: 1 },
      { atMs: 60, users: 0 },
    ])
    expect([...changesOfShard(changes, { index: 0, of: 1 })]).toEqual(changes)
  })

  it('takes turns at the arrivals', () => {
    expect([...takeTurns([0, 1, 2, 3, 4, 5, 6], { index: 1, of: 3 })]).toEqual([1, 4])
    expect([...takeTurns([0, 1, 2], { index: 0, of: 1 })]).toEqual([0, 1, 2])
  })
})
