import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callerOf } from '../../../../src/lib/workloads/shared/http/caller.ts'
import { retryAfter } from '../../../../src/lib/workloads/shared/http/errors.ts'
import { createQuota } from '../../../../src/lib/workloads/shared/quota.ts'

describe('a quota', () => {
  test('lets so many pass at once, and then no more than its rate', () => {
    let now = 0
    const quota = createQuota({ atOnce: 3, perSecond: 0.5 }, () => now)
    const waits: number[] = []
    for (let n = 0; n < 5; n++) {
      waits.push(quota.wait('a'))
      quota.count('a')
    }
    // The fourth waits until one of four is forgotten, the fifth until two of five are.
    expect(waits).toEqual([0, 0, 0, 2, 4])
    now = 6000
    // Three of five are forgotten.
    expect(quota.wait('a')).toBe(0)
    quota.count('a')
    expect(quota.wait('a')).toBe(2)
    expect([quota.wait('b'), quota.wait('b', 2), quota.wait('b', 3)]).toEqual([0, 0, 2])
  })

  test('gives back, but never more than there is', () => {
    const quota = createQuota({ atOnce: 1, perSecond: 1 }, () => 0)
    quota.giveBack('a')
    quota.count('a')
    expect(quota.wait('a')).toBe(1)
    quota.giveBack('a')
    expect(quota.wait('a')).toBe(0)
  })

  test('remembers no more than it may, and forgets who did nothing for the longest time', () => {
    const quota = createQuota({ atOnce: 1, perSecond: 1, maxKeys: 2 }, () => 0)
    for (const key of ['a', 'b', 'a', 'c']) quota.count(key)
    expect(['a', 'b', 'c'].map((key) => quota.wait(key) > 0)).toEqual([true, false, true])
  })

  test('never lets more pass in a time than it says', () => {
    const steps = fc.array(fc.nat({ max: 3000 }), { maxLength: 50 })
    const property = fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      steps,
      (atOnce, rate, gaps) => {
        let now = 0
        let passed = 0
        const quota = createQuota({ atOnce, perSecond: rate }, () => now)
        for (const gap of gaps) {
          now += gap
          if (quota.wait('a') > 0) continue
          quota.count('a')
          passed++
        }
        expect(passed).toBeLessThanOrEqual(atOnce + (now / 1000) * rate)
      },
    )
    fc.assert(property)
  })
})

test('waits are told in whole seconds, from one to a minute', () => {
  expect([0, 0.1, 1, 1.01, 59.5, 1e9].map(retryAfter)).toEqual([1, 1, 1, 2, 60, 60])
})

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('the caller at %s is %s', (address, caller) => {
  expect(callerOf(address)).toBe(caller)
})
