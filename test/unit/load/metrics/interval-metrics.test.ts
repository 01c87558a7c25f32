import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRecorder, type Sample } from '../../../../src/lib/load/metrics/recorder.ts'
import { createMetricsTotal, type MetricsTotal } from '../../../../src/lib/load/metrics/interval-metrics.ts'
import { countsOf } from '../../../../src/lib/base/measure/histogram.ts'
import { decodeInterval, encodeInterval } from '../../../../src/lib/load/distributed/interval-bytes.ts'
import { healthOf } from '../../../support/load/generator-health.ts'

/** All that a sum knows, to be compared whatever the order in which it came. */
function contentOf(sum: MetricsTotal) {
  const { steps, failureReasons, errors, errorReasons, reconnected, droppedTexts, late, skipped } = sum
  const shown = (histogram: MetricsTotal['late']) => {
    const { valuesUs, counts } = countsOf(histogram)
    return [...valuesUs].map((us, index) => [us, counts[index]])
  }
  return {
    steps: Object.fromEntries(
      [...steps].map(([name, step]) => [
        name,
        {
          failures: step.failures,
          bytes: step.bytes,
          response: shown(step.response),
          service: shown(step.service),
        },
      ]),
    ),
    failureReasons,
    errors,
    errorReasons,
    reconnected,
    droppedTexts,
    late: shown(late),
    skipped,
  }
}

const arbitrarySample: fc.Arbitrary<Sample> = fc
  .record({
    step: fc.constantFrom('list', 'look', 'book'),
    due: fc.double({ min: 0, max: 1e5, noNaN: true }),
    lateMs: fc.double({ min: 0, max: 2000, noNaN: true }),
    tookMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
    bytes: fc.integer({ min: 0, max: 200_000 }),
    failure: fc.constantFrom(null, null, null, 'timeout', 'status 500'),
    reconnected: fc.boolean(),
  })
  .map(({ due, lateMs, tookMs, ...rest }) => ({ ...rest, due, sent: due + lateMs, ended: due + lateMs + tookMs }))

const progress = { seconds: 1, elapsedSeconds: 1, users: 1, full: false, iterations: 1, userMs: 0, waitedMs: 0 }
const health = healthOf()

describe('a sum of intervals', () => {
  it('is the same however samples were spread over workers and seconds, also by way of bytes', () => {
    const workers = 4
    const event = fc.record({
      sample: fc.option(arbitrarySample),
      thrown: fc.option(fc.constantFrom('shop: no basket', 'shop: sold out')),
      worker: fc.integer({ min: 0, max: workers - 1 }),
      endsSecond: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const one = createRecorder()
        const several = Array.from({ length: workers }, createRecorder)
        const sum = createMetricsTotal()
        const take = (worker: number): void => {
          const recorded = several[worker]!.take(1)
          sum.add(decodeInterval(encodeInterval({ recorded, progress, health })).recorded)
        }
        for (const { sample, thrown, worker, endsSecond } of events) {
          for (const recorder of [one, several[worker]!]) {
            if (sample) recorder.record(sample)
            else if (thrown) recorder.recordError(thrown)
            else recorder.recordSkipped()
          }
          if (endsSecond) take(worker)
        }
        for (let worker = 0; worker < workers; worker++) take(worker)
        const whole = createMetricsTotal()
        whole.add(one.take(0))
        expect(contentOf(sum)).toEqual(contentOf(whole))
      }),
      { numRuns: 60 },
    )
  })

  it('tells no more than 100 steps and 20 reasons apart, whatever workers call them', () => {
    const sum = createMetricsTotal()
    for (let worker = 0; worker < 3; worker++) {
      const recorder = createRecorder()
      for (let item = 0; item < 90; item++) {
        const name = `worker ${worker} item ${item}`
        recorder.record({ step: name, due: 0, sent: 0, ended: 5, bytes: 1, failure: item < 15 ? name : null })
        if (item < 12) recorder.recordError(name)
      }
      sum.add(recorder.take(0))
    }
    expect(sum.steps.size).toBe(101)
    expect([...sum.steps.values()].reduce((total, { response }) => total + response.totalCount, 0)).toBe(270)
    expect(Object.keys(sum.failureReasons).length).toBe(21)
    expect(Object.values(sum.failureReasons).reduce((total, times) => total + times, 0)).toBe(45)
    expect([sum.errors, Object.keys(sum.errorReasons).length]).toEqual([36, 21])
    expect(Object.values(sum.errorReasons).reduce((total, times) => total + times, 0)).toBe(36)
  })
})
