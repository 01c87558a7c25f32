import { describe, expect, it } from 'vitest'
import { whyNotPlain } from '../../../src/lib/config/config-file.ts'

describe('what a config file holds', () => {
  it('is plain data', () => {
    const shared = ['a', 'b']
    expect(
      whyNotPlain({ users: 3, threshold: shared, mix: shared, audit: { bookings: { table: 'a' } }, rows: null }),
    ).toBeNull()
  })

  it('is refused where it contains itself, or grows by what it repeats', () => {
    const circle: unknown[] = []
    circle.push(circle)
    expect(whyNotPlain({ threshold: circle })).toBe('it holds a value that contains itself')
    const laughs = Array.from({ length: 10 }).reduce<unknown>((inner) => Array.from({ length: 10 }, () => inner), 'ha')
    expect(whyNotPlain({ threshold: laughs })).toBe(
      'it holds more than 10,000 values, those that anchors repeat included',
    )
    const deep = Array.from({ length: 50_000 }).reduce<unknown>((inner) => [inner], 'x')
    expect(whyNotPlain(deep)).toBe('it is more than 20 levels deep')
    expect(whyNotPlain({ users: () => 3 })).toBe('it holds a function, which no setting can be')
  })
})
