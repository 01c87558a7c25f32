import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { datesFrom, isDate } from '../../../../src/lib/workloads/stations/seeding.ts'

describe('isDate', () => {
  it.each(['20210516', '20200229', '20001231', '00010101', '99991231'])('takes %s', (text) => {
    expect(isDate(text)).toBe(true)
  })

  it.each([
    '20210229',
    '20210431',
    '20210010',
    '20211301',
    '20210500',
    '2021051',
    '202105166',
    '2021-05-16',
    '',
    ' 20210516',
  ])('refuses %j', (text) => expect(isDate(text)).toBe(false))

  it('takes every day that a calendar has, and nothing else of eight digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 9999 }), fc.nat(19), fc.nat(39), (year, month, day) => {
        const text = `${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`
        const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
        const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        expect(isDate(text)).toBe(day >= 1 && day <= (lengths[month - 1] ?? 0))
      }),
    )
  })
})

describe('datesFrom', () => {
  it('goes over the ends of months, and of February', () => {
    expect(datesFrom('2021-05-30', 4)).toEqual(['20210530', '20210531', '20210601', '20210602'])
    expect(datesFrom('2024-02-28', 3)).toEqual(['20240228', '20240229', '20240301'])
    expect(datesFrom('2021-05-16', 30).at(-1)).toBe('20210614')
  })
})
