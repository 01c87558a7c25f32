import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GeneratorInterval } from '../../../../src/lib/load/engine/generator.ts'
import { decodeInterval, encodeInterval } from '../../../../src/lib/load/distributed/interval-bytes.ts'
import { healthOf } from '../../../support/load/generator-health.ts'

const counts = fc
  .uniqueArray(fc.integer({ min: 1, max: 3_600_000_000 }), { maxLength: 30 })
  .chain((values) =>
    fc.tuple(
      fc.constant(values),
      fc.array(fc.integer({ min: 1, max: 2 ** 31 }), { minLength: values.length, maxLength: values.length }),
    ),
  )
  .map(([values, times]) => ({
    valuesUs: Float64Array.from(values.sort((a, b) => a - b)),
    counts: Float64Array.from(times),
  }))

const amount = fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => value + 0)
const whole = fc.integer({ min: 0, max: 2 ** 40 })

const reasons = fc.dictionary(
  fc.string({ maxLength: 50 }).filter((name) => name !== '__proto__'),
  whole,
  { maxKeys: 5, noNullPrototype: true },
)

const someSteps = fc.array(
  fc.record({
    name: fc.string({ maxLength: 50 }),
    failures: whole,
    bytes: whole,
    response: counts,
    service: counts,
  }),
  { maxLength: 5 },
)

const interval: fc.Arbitrary<GeneratorInterval> = fc.record({
  recorded: fc.record({
    users: whole,
    skipped: whole,
    steps: someSteps,
    parts: someSteps,
    retryReasons: reasons,
    failureReasons: reasons,
    errors: whole,
    errorReasons: reasons,
    reconnected: whole,
    droppedTexts: whole,
    late: counts,
  }),
  progress: fc.record({
    seconds: amount,
    elapsedSeconds: amount,
    users: whole,
    full: fc.boolean(),
    iterations: whole,
    userMs: amount,
    waitedMs: amount,
  }),
  health: fc.record({
    cpuPercent: amount,
    eventLoopLagP99: amount,
    maxRssMb: amount,
    lateStartP99: fc.option(amount),
    lateStart: fc.option(fc.record({ percentile: fc.constantFrom(50, 90, 95, 99, 100), ms: amount })),
    watchedMs: amount,
    stalledMs: amount,
    longestStallMs: amount,
  }),
})

const empty: GeneratorInterval = {
  recorded: {
    users: 0,
    skipped: 0,
    steps: [],
    parts: [],
    retryReasons: {},
    failureReasons: {},
    errors: 0,
    errorReasons: {},
    reconnected: 0,
    droppedTexts: 0,
    late: { valuesUs: Float64Array.of(100, 300), counts: Float64Array.of(1, 200) },
  },
  progress: { seconds: 1, elapsedSeconds: 1, users: 1, full: false, iterations: 1, userMs: 0, waitedMs: 0 },
  health: healthOf({ lateStartP99: null, lateStart: null }),
}

describe('an interval as bytes', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(interval, (one) => {
        expect(decodeInterval(encodeInterval(one))).toEqual(one)
      }),
    )
  })

  it('take two bytes where a latency was seen once, and numbers of 7 bits a byte', () => {
    const bytes = encodeInterval(empty)
    const end = 4 + bytes.readUInt32LE()
    // 2 values; 100, once; 200 more (2 bytes), 200 times (2 bytes).
    expect([...bytes.subarray(end)]).toEqual([2, 100, 1, 200, 1, 200, 1])
  })

  it('cut off anywhere are refused', () => {
    fc.assert(
      fc.property(interval, fc.nat(), (one, at) => {
        const bytes = encodeInterval(one)
        expect(() => decodeInterval(bytes.subarray(0, at % bytes.length))).toThrow(/cut off|cannot be read/)
      }),
    )
  })

  it('with bytes changed are read as something else, or refused with a reason', () => {
    fc.assert(
      fc.property(interval, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }), (one, at, noise) => {
        const bytes = encodeInterval(one)
        bytes.set(noise.subarray(0, bytes.length - (at % bytes.length)), at % bytes.length)
        try {
          const read = decodeInterval(bytes)
          expect(read.recorded.steps.every(({ failures }) => Number.isSafeInteger(failures))).toBe(true)
        } catch (error) {
          expect((error as Error).message).toMatch(/cut off|cannot be read|too large|too long|more in it/)
        }
      }),
    )
  })

  it('of any bytes at all are no interval', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeInterval(Buffer.from(bytes))).toThrow(/cut off|cannot be read/)
      }),
    )
  })

  it('hold no latency that a histogram cannot', () => {
    const longest = (us: number) => ({ valuesUs: Float64Array.of(us), counts: Float64Array.of(1) })
    const encoded = (us: number) => encodeInterval({ ...empty, recorded: { ...empty.recorded, late: longest(us) } })
    expect(decodeInterval(encoded(3_600_000_000)).recorded.late).toEqual(longest(3_600_000_000))
    expect(() => decodeInterval(encoded(3_600_000_001))).toThrow('a latency in it is too long')
  })

  it('keep names and reasons short, whatever a scenario calls them', () => {
    const { late } = empty.recorded
    const steps = [{ name: 'n'.repeat(5000), failures: 0, bytes: 1, response: late, service: late }]
    const failureReasons = { [`${'r'.repeat(5000)}1`]: 2, [`${'r'.repeat(5000)}2`]: 3 }
    const read = decodeInterval(
      encodeInterval({
        ...empty,
        recorded: { ...empty.recorded, steps, failureReasons, errors: 5, errorReasons: failureReasons },
      }),
    )
    expect(read.recorded.steps[0]?.name).toHaveLength(1000)
    expect(Object.values(read.recorded.failureReasons)).toEqual([5])
    expect(Object.values(read.recorded.errorReasons)).toEqual([5])
  })
})
