import { describe, expect, it } from 'vitest'
import { createRecorder } from '../../../../src/lib/load/metrics/recorder.ts'
import { mergeCounts } from '../../../../src/lib/base/measure/histogram.ts'

const sample = { step: 'get', due: 0, sent: 0, ended: 10, bytes: 100, failure: null }

describe('createRecorder', () => {
  it('keeps response and service time apart, by step', () => {
    const recorder = createRecorder()
    recorder.record({ ...sample, due: 100, sent: 105, ended: 125 })
    recorder.record({ ...sample, step: 'post', due: 100, sent: 100, ended: 140, bytes: 50, failure: 'status 500' })
    const { steps, failureReasons, late } = recorder.take(0)
    const largest = steps.map(({ response, service }) => [
      mergeCounts([response]).maxValue,
      mergeCounts([service]).maxValue,
    ])
    expect(largest).toEqual([
      [25_000, 20_000],
      [40_000, 40_000],
    ])
    expect(steps.map(({ name, failures, bytes }) => ({ name, failures, bytes }))).toEqual([
      { name: 'get', failures: 0, bytes: 100 },
      { name: 'post', failures: 1, bytes: 50 },
    ])
    expect(failureReasons).toEqual({ 'status 500': 1 })
    expect(mergeCounts([late]).maxValue).toBe(5000)
  })

  it('does not carry a second over into the next, or into what comes after the last', () => {
    const recorder = createRecorder()
    recorder.record({ ...sample, failure: 'timeout' })
    recorder.record({ ...sample, ended: 30 })
    recorder.record({ ...sample, ended: 30, bytes: 0, reconnected: true })
    recorder.recordDroppedText()
    recorder.recordDroppedText()
    recorder.recordSkipped()
    const first = recorder.take(7)
    expect(first).toMatchObject({
      users: 7,
      skipped: 1,
      failureReasons: { timeout: 1 },
      reconnected: 1,
      droppedTexts: 2,
    })
    expect(first.steps).toMatchObject([{ name: 'get', failures: 1, bytes: 200 }])
    expect([...first.steps[0]!.response.valuesUs]).toEqual([10_000, 30_000])
    recorder.record(sample)
    const rest = recorder.take(0)
    expect(rest).toMatchObject({ users: 0, skipped: 0, failureReasons: {}, reconnected: 0, droppedTexts: 0 })
    expect(rest.steps).toMatchObject([{ name: 'get', failures: 0, bytes: 100 }])
    expect(mergeCounts([rest.steps[0]!.response]).totalCount).toBe(1)
    expect(mergeCounts([rest.late]).totalCount).toBe(1)
    expect(recorder.take(0).steps).toEqual([])
  })

  it('keeps at most 100 steps apart and counts the others together', () => {
    const recorder = createRecorder()
    for (let item = 0; item < 150; item++) recorder.record({ ...sample, step: `item ${item}` })
    const { steps } = recorder.take(0)
    expect(steps).toHaveLength(101)
    expect(steps.at(-1)).toMatchObject({ name: 'other steps', bytes: 5000 })
  })

  it('keeps at most 20 reasons apart, of failures and of errors each', () => {
    const recorder = createRecorder()
    for (let i = 0; i < 100; i++) {
      recorder.recordError(`reason ${i}`)
      recorder.record({ ...sample, failure: `failure ${i}` })
    }
    const { failureReasons, errorReasons } = recorder.take(0)
    expect(Object.keys(failureReasons)).toHaveLength(21)
    expect(failureReasons['other']).toBe(80)
    expect(Object.keys(errorReasons)).toHaveLength(21)
    expect(errorReasons['other']).toBe(80)
  })

  it('keeps what scenarios threw apart from requests that failed, and does not carry it over', () => {
    const recorder = createRecorder()
    recorder.record({ ...sample, failure: 'timeout' })
    recorder.recordError('shop: no basket')
    recorder.recordError('shop: no basket')
    const first = recorder.take(0)
    expect(first).toMatchObject({ failureReasons: { timeout: 1 }, errors: 2, errorReasons: { 'shop: no basket': 2 } })
    expect(first.steps).toMatchObject([{ failures: 1 }])
    expect(recorder.take(0)).toMatchObject({ failureReasons: {}, errors: 0, errorReasons: {} })
  })
})
