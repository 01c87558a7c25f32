import { describe, expect, it } from 'vitest'
import {
  checkModel,
  createModel,
  durationOf,
  levelOf,
  mostUsersOf,
  withLevel,
  type ModelSettings,
  type SaturationModel,
} from '../../../../src/lib/load/engine/model.ts'

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
  burst: undefined,
}
const staged = { ...settings, arrivalRate: undefined }
const steady = { ...staged, stages: undefined }

describe('createModel', () => {
  it('makes two stages of users with a ramp-up, together as long as the run', () => {
    const model = createModel(steady)
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
    const model = createModel(staged)
    expect([durationOf(model), mostUsersOf(model)]).toEqual([4500, 80])
  })

  it('makes an open model of a rate', () => {
    const model = createModel(settings)
    expect(model).toEqual({
      kind: 'open',
      ratePerSecond: 200,
      arrivals: 'poisson',
      durationMs: 10_000,
      maxInFlight: 700,
    })
    expect([durationOf(model), mostUsersOf(model)]).toEqual([10_000, 700])
  })

  it('lets the rate burst, and nothing else', () => {
    const burst = [{ factor: 10, atMs: 2000, lengthMs: 1000 }]
    expect(createModel({ ...settings, burst })).toMatchObject({ kind: 'open', bursts: burst })
    for (const others of [steady, staged]) {
      expect(() => createModel({ ...others, burst })).toThrow('give one with --rate')
    }
  })

  it('refuses a ramp-up that the run would not see the end of', () => {
    expect(() => createModel({ ...steady, rampUp: 10_001 })).toThrow('ramp-up must not be longer')
  })
})

describe('withLevel', () => {
  it('makes the same model with another level and length', () => {
    const closed = createModel(steady)
    expect(levelOf(closed)).toBe(30)
    expect(withLevel(closed, 7, 15_000)).toEqual({
      kind: 'closed',
      stages: [
        { durationMs: 2000, users: 7 },
        { durationMs: 13_000, users: 7 },
      ],
    })
    const open = createModel(settings)
    expect(levelOf(open)).toBe(200)
    expect(withLevel(open, 7, 15_000)).toEqual({ ...open, ratePerSecond: 7, durationMs: 15_000 })
  })
})

describe('checkModel', () => {
  const plain = { kind: 'threads', count: 1, raised: false } as const
  const saturation: SaturationModel = {
    kind: 'saturation',
    connections: 10,
    requests: 100,
    durationMs: null,
    engine: 'rushbench',
    send: { method: 'GET', path: '/', headers: [], body: new Uint8Array(), expect: '2xx' },
  }

  it('refuses more threads than users, of whom some would have none', () => {
    const model = createModel({ ...steady, users: 2 })
    checkModel(model, { ...plain, count: 2 })
    expect(() => checkModel(model, { ...plain, count: 3 })).toThrow('3 threads cannot share 2 users')
  })

  it('refuses bursts that overlap, outlast the run, or are beyond any machine', () => {
    const check = (...burst: { factor: number; atMs: number; lengthMs: number }[]) =>
      checkModel(createModel({ ...settings, burst }), { ...plain, raised: true })
    check({ factor: 10, atMs: 0, lengthMs: 1000 }, { factor: 0.1, atMs: 1000, lengthMs: 9000 })
    expect(() => check({ factor: 2, atMs: 0, lengthMs: 1001 }, { factor: 2, atMs: 1000, lengthMs: 1 })).toThrow(
      'one after the other',
    )
    expect(() => check({ factor: 2, atMs: 9000, lengthMs: 1001 })).toThrow('before the end of the run')
    expect(() => check({ factor: 5001, atMs: 0, lengthMs: 1 })).toThrow('more than 1000000 a second')
  })

  it('refuses to raise what has several levels, or none', () => {
    checkModel(createModel(steady), { ...plain, raised: true })
    checkModel(createModel(settings), { ...plain, raised: true })
    const stages = createModel(staged)
    checkModel(stages, plain)
    expect(() => checkModel(stages, { ...plain, raised: true })).toThrow('it cannot raise stages that differ')
    checkModel({ ...saturation, requests: null, durationMs: 1000 }, { ...plain, raised: true })
    expect(() => checkModel(saturation, { ...plain, raised: true })).toThrow('leave out --requests')
  })

  it('lets several threads and workers share the connections of a single request', () => {
    checkModel(saturation, { ...plain, count: 10 })
    checkModel(saturation, { ...plain, kind: 'workers', count: 10 })
    expect(() => checkModel(saturation, { ...plain, count: 11 })).toThrow('11 threads cannot share 10 connections')
    expect(() => checkModel({ ...saturation, requests: 9 }, plain)).toThrow('9 requests cannot keep 10 connections')
    expect(durationOf(saturation)).toBe(0)
  })

  it('refuses what autocannon cannot do', () => {
    const second = { ...saturation, engine: 'autocannon', requests: null, durationMs: 1000 } as const
    checkModel(second, plain)
    expect(() => checkModel(second, { ...plain, count: 2 })).toThrow('from one thread')
    expect(() => checkModel(second, { ...plain, kind: 'workers' })).toThrow('from this process')
    expect(() => checkModel(second, { ...plain, raised: true })).toThrow('with the engine rushbench')
  })
})
