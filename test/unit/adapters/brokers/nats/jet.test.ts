import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { headersOf, messageOf } from '../../../../../src/lib/adapters/brokers/nats/jet.ts'

it('carries any key in a header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (key, data) => {
      expect(messageOf({ ...headersOf(key), data })).toEqual({ key: key.toWellFormed(), value: Buffer.from(data) })
    }),
    { numRuns: 1000 },
  )
})

it("takes another program's header as it is", () => {
  const { headers } = headersOf('key')
  headers!.set('Rushbench-Key', '100%')
  expect(messageOf({ headers, data: new Uint8Array() }).key).toBe('100%')
})
