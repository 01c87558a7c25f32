import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMessage } from '../../../../src/lib/workloads/stations/messages.ts'

const read = (value: string | Uint8Array) => readMessage({ key: 'k', value: Buffer.from(value) })

describe('readMessage', () => {
  it('finds the person and the day', () => {
    const booking = { mysejahteraId: 'A1', firstName: 'Nur', location: 'PWTC', date: '20210516' }
    expect(read(JSON.stringify(booking))).toEqual({ person: 'A1', day: 'PWTC/20210516' })
  })

  it.each([
    '',
    'null',
    '[]',
    '7',
    '{"mysejahteraId":"A1","location":"PWTC"}',
    '{"mysejahteraId":1,"location":"a","date":"b"}',
  ])('finds none in %j', (value) => expect(read(value)).toBeNull())

  it('never throws, whatever somebody has published', () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.json()), (value) => void read(value)))
  })
})
