import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createCountsReader, sharedMemory } from '../../../../src/lib/load/metrics/counts-memory.ts'
import { createRecorder } from '../../../../src/lib/load/metrics/recorder.ts'

/** What a recorder may be told. */
const call = fc.oneof(
  fc.record({
    kind: fc.constant('request' as const),
    step: fc.constantFrom('get', 'post', 'buy'),
    took: fc.integer({ min: 1, max: 5000 }),
    late: fc.integer({ min: 0, max: 2000 }),
    failure: fc.constantFrom(null, 'timeout', 'status 500'),
    reconnected: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('error' as const), reason: fc.constantFrom('no basket', 'no token') }),
  fc.record({ kind: fc.constantFrom('iteration' as const, 'skipped' as const, 'dropped' as const, 'taken' as const) }),
)

it('lets another thread read what was counted since it was last taken', () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 200 }), (calls) => {
      const reader = createCountsReader()
      const recorder = createRecorder(sharedMemory(reader.add))
      let iterations = 0
      for (const given of calls) {
        if (given.kind === 'request') {
          const { step, took, late, failure, reconnected } = given
          // All of these are of a millisecond, which a histogram holds to within a thousandth.
          recorder.record({ step, due: 0, sent: late, ended: late + took, bytes: took, failure, reconnected })
        } else if (given.kind === 'error') recorder.recordError(given.reason)
        else if (given.kind === 'skipped') recorder.recordSkipped()
        else if (given.kind === 'dropped') recorder.recordDroppedText()
        else if (given.kind === 'iteration') {
          recorder.recordIteration()
          iterations++
        } else {
          recorder.take(0)
          iterations = 0
        }
      }
      const read = reader.read()!
      const taken = recorder.take(0)
      expect(read.iterations).toBe(iterations)
      const figures = { ...taken, steps: [], late: null }
      expect({ ...read.recorded, steps: [], late: null }).toEqual(figures)
      const counted = ({ steps, late }: typeof taken) => [
        ...steps.map(({ name, failures, bytes, response, service }) => {
          return { name, failures, bytes, response: [...response.counts], service: [...service.counts] }
        }),
        [...late.counts],
      ]
      expect(counted(read.recorded)).toEqual(counted(taken))
      for (const [index, step] of taken.steps.entries()) {
        const largest = step.response.valuesUs.at(-1) as number
        expect(read.recorded.steps[index]!.response.valuesUs.at(-1)! / largest).toBeCloseTo(1, 2)
      }
    }),
  )
})

it('knows the most users of one that was lost in its first second', () => {
  const reader = createCountsReader()
  const recorder = createRecorder(sharedMemory(reader.add))
  for (const users of [1, 2, 3]) recorder.recordUsers(users)
  expect(reader.read()).toMatchObject({ users: 3 })
})

it('knows nothing of a recorder that counts for itself', () => {
  expect(createCountsReader().read()).toBeNull()
})
