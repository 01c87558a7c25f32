import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readError } from '../../../../src/lib/base/errors/error-text.ts'
import { failure } from '../../../../src/lib/base/errors/errors.ts'
import { decodeTelemetry } from '../../../../src/lib/load/distributed/queue-telemetry.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const kinds = ['hello', 'prepared', 'interval', 'last', 'entries', 'end', 'failed']

describe('messages of a worker', () => {
  it('tell who it is, what it booked and how it ended', () => {
    const worker = { name: 'a', host: 'b', pid: 1, version: '1.2.3', clock: { offsetMs: -2, roundTripMs: 0.5 } }
    expect(decodeTelemetry('hello', json(worker))).toEqual({ kind: 'hello', worker })
    expect(decodeTelemetry('end', json({ lost: 'it was stopped' }))).toEqual({ kind: 'end', lost: 'it was stopped' })
    const lines = [
      '{"outcome":"booked","key":"k1","resource":7,"id":"b1"}',
      '{"outcome":"unknown","key":"k2","resource":"x"}',
      '{"outcome":"conflict","key":"k3","resource":8}',
    ]
    expect(decodeTelemetry('entries', json({ lines }))).toEqual({
      kind: 'entries',
      batch: 0,
      entries: [
        { outcome: 'booked', key: 'k1', resource: 7, id: 'b1' },
        { outcome: 'unknown', key: 'k2', resource: 'x' },
        { outcome: 'conflict', key: 'k3', resource: 8 },
      ],
    })
  })

  it('bring an error with its code and its sentence', () => {
    const { code, exitCode, message } = failure('worker-version', { worker: 'a', own: '1', wanted: '2' })
    const error = JSON.stringify({ code, exitCode, message })
    expect(decodeTelemetry('failed', Buffer.from(error))).toEqual({ kind: 'failed', error })
    expect(readError(error)).toMatchObject({ code: 'worker-version', exitCode: 1, message })
  })

  it.each([
    ['entries', { lines: ['{"outcome":"refused","key":"k","resource":1}'] }],
    ['entries', { lines: ['no JSON'] }],
    ['entries', { lines: [], conflicts: 1 }],
    ['hello', { name: 'a' }],
    ['hello', { name: 'a', host: 'b', pid: -1, version: 'c', clock: null }],
    ['end', {}],
    ['failed', { code: 'x', exitCode: 0, message: 'y' }],
  ])('are refused with a reason: %s %j', (kind, value) => {
    expect(() => decodeTelemetry(kind, json(value))).toThrow()
  })

  it('are read, left alone or refused with a reason, whatever comes', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.jsonValue().map(json),
    )
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...kinds), fc.string()), anything, (kind, data) => {
        try {
          const message = decodeTelemetry(kind, data)
          expect(message === null).toBe(!kinds.includes(kind))
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
          expect(kinds).toContain(kind)
        }
      }),
      { numRuns: 500 },
    )
  })
})
