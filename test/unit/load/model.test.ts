import { describe, expect, it } from 'vitest'
import {
  createModel,
  durationOf,
  levelOf,
  mostUsersOf,
  requireOneLevel,
  requireUserPerThread,
  withLevel,
  type ModelSettings,
} from '../../../src/lib/load/model.ts'

const settings: ModelSettings = {
  users: 30,
  rampUp: 2000,
  duration: 10_000,
  stages: [
    { durationMs: 1000, users: 5 },
    { durationMs: 3000, users: 80 },
    { durationMs: 500, users: 0 },
  ],
  arrivalRate: 200,
  arrivals: 'poisson',
  maxInFlight: 700,
}

describe('createModel', () => {
  it('makes two stages of users with a ramp-up, together as long as the run', () => {
    const model = createModel('users', settings)
    expect(model).toEqual({
      kind: 'closed',
      stages: [
        { durationMs: 2000, users: 30 },
        { durationMs: 8000, users: 30 },
      ],
    })
    expect([durationOf(model), mostUsersOf(model)]).toEqual([10_000, 30])
  })

  it('takes stages as they are', () => {
    const model = createModel('stages', settings)
    expect([durationOf(model), mostUsersOf(model)]).toEqual([4500, 80])
  })

  it('makes an open model of a rate', () => {
    const model = createModel('arrivalRate', settings)
    expect(model).toEqual({
      kind: 'open',
      ratePerSecond: 200,
      arrivals: 'poisson',
      durationMs: 10_000,
      maxInFlight: 700,
    })
    expect([durationOf(model), mostUsersOf(model)]).toEqual([10_000, 700])
  })

  it('refuses a ramp-up that the run would not see the end of', () => {
    expect(() => createModel('users', { ...settings, rampUp: 10_001 })).toThrow('ramp-up must not be longer')
  })
})

describe('requireUserPerThread', () => {
  it('refuses more threads than users, of whom some would have none', () => {
    const model = createModel('users', { ...settings, users: 2 })
    requireUserPerThread(model, 2)
    expect(() => requireUserPerThread(model, 3)).toThrow('3 threads cannot share 2 users; take fewer threads.')
  })
})

describe('withLevel', () => {
  it('makes the same model with another level and length', () => {
    const closed = createModel('users', settings)
    expect(levelOf(closed)).toBe(30)
    expect(withLevel(closed, 7, 15_000)).toEqual({
      kind: 'closed',
      stages: [
        { durationMs: 2000, users: 7 },
        { durationMs: 13_000, users: 7 },
      ],
    })
    const open = createModel('arrivalRate', settings)
    expect(levelOf(open)).toBe(200)
    expect(withLevel(open, 7, 15_000)).toEqual({ ...open, ratePerSecond: 7, durationMs: 15_000 })
  })

  it('is refused of stages that differ', () => {
    requireOneLevel(createModel('users', settings))
    requireOneLevel(createModel('arrivalRate', settings))
    expect(() => requireOneLevel(createModel('stages', settings))).toThrow('it cannot raise stages that differ')
  })
})
