import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadTask, writtenRequest } from '../../../../src/lib/load/workers/load-part.ts'
import { arrivals } from '../virtual-run.ts'

const task = {
  origins: ['http://127.0.0.1:1'],
  timeout: 1000,
  seed: 's',
  runId: 'r',
  statuses: { bookedStatuses: [201], conflictStatuses: [409] },
  settings: {},
  scenario: null,
  prepareTimeout: 60_000,
}
const saturation = { kind: 'saturation', engine: 'rushbench', connections: 3, requests: 9, durationMs: null } as const

/** As it comes off the queue. */
const travelled = (model: object) => loadTask.parse(JSON.parse(JSON.stringify({ ...task, model }))).model

describe('a single request on its way to workers', () => {
  it('comes with every byte and every header, over connections and at a rate', () => {
    const request = fc.record({
      method: fc.constantFrom('GET', 'M-SEARCH'),
      path: fc.string().map((rest) => `/${rest}`),
      headers: fc.array(fc.tuple(fc.string(), fc.string())),
      body: fc.uint8Array({ maxLength: 300 }),
      expect: fc.constantFrom('2xx,304', '200'),
    })
    fc.assert(
      fc.property(request, (send) => {
        for (const model of [saturation, arrivals(10)]) {
          const { body, ...rest } = send
          const came = travelled({ ...model, send: writtenRequest(send) })
          expect(came).toMatchObject({ ...model, send: rest })
          expect('send' in came && came.send && [...came.send.body]).toEqual([...body])
        }
      }),
    )
  })

  it.each([
    { ...saturation, send: { method: 'GET', path: '/', headers: [['a']], body: '', expect: '2xx' } },
    { ...saturation, send: { method: 'GET', path: '/', headers: [], body: 'not base64!', expect: '2xx' } },
    { ...saturation, connections: 0 },
    saturation,
  ])('is refused when it is none: %j', (model) => {
    expect(() => travelled(model)).toThrow()
  })
})
