import { describe, expect, it } from 'vitest'
import { collectViolations } from '../../../src/lib/audit/audit-result.ts'
import type { Violation } from '../../../src/lib/ports/workload.ts'

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
  violation('refused-committed', 'g'),
]

const none = { acknowledged: 0, refused: 0 }

describe('collectViolations', () => {
  it.each([
    [Infinity, ['b', 'd', 'e', 'f', 'g', 'a', 'c']],
    [6, ['b', 'd', 'e', 'f', 'g', 'a']],
    [2, ['b', 'd']],
  ])('counts all, and of %d it keeps in full the faults come first', async (kept, keys) => {
    const { violations, ...counts } = await collectViolations(found(some), { acknowledged: 7, refused: 3 }, kept)
    expect(counts).toEqual({
      acknowledged: 7,
      refused: 3,
      lost: 1,
      duplicate: 1,
      oversold: 1,
      inconsistent: 1,
      refusedCommitted: 1,
      unknownCommitted: 2,
      passed: false,
    })
    expect(violations.map(({ key }) => key)).toEqual(keys)
  })

  it('counts a wrong stock as oversold', async () => {
    const wrong = [violation('oversold', 'a'), violation('wrong-stock', 'b')]
    expect(await collectViolations(found(wrong), none, 20)).toMatchObject({ oversold: 2, passed: false })
  })

  it('fails for what is inconsistent alone', async () => {
    expect(await collectViolations(found(some.slice(5, 6)), none, 20)).toMatchObject({ inconsistent: 1, passed: false })
  })

  it('fails for what is stored though it was refused alone', async () => {
    const refused = await collectViolations(found(some.slice(6)), { acknowledged: 0, refused: 1 }, 20)
    expect(refused).toMatchObject({ refusedCommitted: 1, passed: false, violations: [{ key: 'g' }] })
  })

  it('takes what is stored without an answer for no fault', async () => {
    expect(await collectViolations(found(some.slice(0, 1)), none, 20)).toMatchObject({
      unknownCommitted: 1,
      passed: true,
    })
  })
})
