import { describe, expect, test } from 'vitest'
import { createLoginGuard } from '../../../../../src/lib/workloads/meetups/user/password-checks.ts'

function createMeetupDatabase() {
  let now = 0
  const guard = createLoginGuard(() => now)
  const isCalm = (caller: string, account: string) => {
    try {
      guard.requireCalm(caller, account)
      return true
    } catch (error) {
      expect(error).toMatchObject({ code: 'too-many' })
      return false
    }
  }
  return { guard, isCalm, wait: (ms: number) => void (now += ms) }
}

describe('guesses', () => {
  test('of one account are ten, and then one in six seconds, wherever they come from', () => {
    const { guard, isCalm, wait } = createMeetupDatabase()
    for (let n = 0; n < 10; n++) {
      expect(isCalm(`c${n}`, 'victim')).toBe(true)
      guard.note(`c${n}`, 'victim', false)
    }
    expect(isCalm('elsewhere', 'victim')).toBe(false)
    expect(isCalm('c0', 'another')).toBe(true)
    expect(() => guard.requireCalm('x', 'victim')).toThrow(expect.objectContaining({ retryAfterSeconds: 6 }))
    wait(6000)
    expect(isCalm('elsewhere', 'victim')).toBe(true)
  })

  test('do not lock out whoever has shown to know the password, and who gets no more of them', () => {
    const { guard, isCalm } = createMeetupDatabase()
    guard.note('home', 'victim', true)
    for (let n = 0; n < 10; n++) guard.note('attacker', 'victim', false)
    expect(isCalm('attacker', 'victim')).toBe(false)
    expect(isCalm('home', 'victim')).toBe(true)
    for (let n = 0; n < 10; n++) guard.note('home', 'victim', false)
    expect(isCalm('home', 'victim')).toBe(false)
  })

  test('make a caller wait less, and right ones make up for them', () => {
    const { guard, wait } = createMeetupDatabase()
    for (let n = 0; n < 19; n++) guard.note('office', `a${n}`, false)
    expect(guard.patienceOf('office')).toBe(20_000)
    guard.note('office', 'b', true)
    guard.note('office', 'c', false)
    expect(guard.patienceOf('office')).toBe(20_000)
    guard.note('office', 'd', false)
    expect(guard.patienceOf('office')).toBe(1000)
    expect(guard.patienceOf('elsewhere')).toBe(20_000)
    wait(2000)
    expect(guard.patienceOf('office')).toBe(20_000)
  })

  test('from a thousand accounts that are right change nothing', () => {
    const { guard } = createMeetupDatabase()
    for (let n = 0; n < 3000; n++) guard.note('127.0.0.1', `member${n % 1000}`, true)
    expect(guard.patienceOf('127.0.0.1')).toBe(20_000)
    expect(guard.isKnown('127.0.0.1', 'member7')).toBe(true)
  })
})
