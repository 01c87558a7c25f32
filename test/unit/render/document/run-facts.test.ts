import { expect, it } from 'vitest'
import { describeRetries } from '../../../../src/lib/render/document/run-facts.ts'

it('names the most frequent reason first, and nothing where there was nothing', () => {
  expect(describeRetries({ 'deadlock (1213)': 3, 'write conflict (9007)': 1200 })).toBe(
    '1,200 write conflict (9007), 3 deadlock (1213)',
  )
  expect([describeRetries({}), describeRetries()]).toEqual([null, null])
})
