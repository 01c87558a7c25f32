import { describe, expect, it } from 'vitest'
import { collectViolations } from '../../../src/lib/audit/result.ts'
import type { Violation } from '../../../src/lib/workloads/workload.ts'

const violation = (kind: Violation['kind'], key: string): Violation => ({ kind, key, detail: 'as it is' })

async function* found(violations: readonly Violation[]): AsyncGenerator<Violation> {
  yield* violations
}

const some = [
  violation('unknown-committed', 'a'),
  violation('lost', 'b'),
  violation('unknown-committed', 'c'),
  violation('duplicate', 'd'),
  violation('oversold', 'e'),
  violation('inconsistent', 'f'),
]

describe('collectViolations', () => {
  it.each([
    [Infinity, ['b', 'd', 'e', 'f', 'a', 'c']],
    [5, ['b', 'd', 'e', 'f', 'a']],
    [2, ['b', 'd']],
  ])('counts all, and of %d it keeps in full the faults come first', async (kept, keys) => {
    const { violations, ...counts } = await collectViolations(found(some), 7, kept)
    expect(counts).toEqual({
      acknowledged: 7,
      lost: 1,
      duplicate: 1,
      oversold: 1,
      inconsistent: 1,
      unknownCommitted: 2,
      passed: false,
    })
    expect(violations.map(({ key }) => key)).toEqual(keys)
  })

  it('fails for what is inconsistent alone', async () => {
    expect(await collectViolations(found(some.slice(5)), 0, 20)).toMatchObject({ inconsistent: 1, passed: false })
  })

  it('takes what is stored without an answer for no fault', async () => {
    expect(await collectViolations(found(some.slice(0, 1)), 0, 20)).toMatchObject({ unknownCommitted: 1, passed: true })
  })
})
