import { describe, expect, it } from 'vitest'
import { studentQuantile, twoSidedP } from '../../../../src/lib/base/stats/student.ts'

describe('twoSidedP', () => {
  // With one degree of freedom it is Cauchy's distribution, with two it has a closed form: 1 - t / sqrt(2 + t^2).
  it.each([
    [1, 1, 0.5],
    [-1, 1, 0.5],
    [2, 2, 1 - 2 / Math.sqrt(6)],
    [0, 5, 1],
    [1.959964, Infinity, 0.05],
    [2.575829, Infinity, 0.01],
    [-3.290527, Infinity, 0.001],
    [0.2, Infinity, 0.841481],
  ])('t = %d with %d degrees of freedom', (t, freedom, p) => expect(twoSidedP(t, freedom)).toBeCloseTo(p, 6))

  it('nears the normal distribution, and stays a probability at the ends', () => {
    expect(twoSidedP(2, 1e6)).toBeCloseTo(twoSidedP(2, Infinity), 5)
    expect(twoSidedP(Infinity, 4)).toBe(0)
    expect(twoSidedP(0, Infinity)).toBeCloseTo(1, 6)
    expect(twoSidedP(NaN, 4)).toBe(1)
    expect(twoSidedP(60, Infinity)).toBe(0)
  })
})

describe('studentQuantile', () => {
  // The table that every textbook prints.
  it.each([
    [0.975, 1, 12.706],
    [0.975, 4, 2.776],
    [0.995, 9, 3.25],
    [0.9995, 10, 4.587],
    [0.95, 30, 1.697],
    [0.975, Infinity, 1.96],
    [0.5, 3, 0],
  ])('%d with %d degrees of freedom is %d', (p, freedom, t) => expect(studentQuantile(p, freedom)).toBeCloseTo(t, 3))
})
