import { describe, expect, it } from 'vitest'
import { openableConnections, ownDescriptors, requireDescriptors } from '../../../../src/lib/load/engine/descriptors.ts'
import type { LoadModel } from '../../../../src/lib/load/engine/model.ts'
import { arrivals } from '../../../support/load/virtual-run.ts'

const send = { method: 'GET', path: '/', headers: [], body: new Uint8Array(), expect: '2xx' } as const
const saturation = (connections: number): LoadModel => {
  return { kind: 'saturation', engine: 'rushbench', connections, requests: null, durationMs: 1000, send }
}
const whole = { index: 0, of: 1 }

describe('requireDescriptors', () => {
  it('refuses more connections than can be opened beside what a process has open', () => {
    requireDescriptors(saturation(60), whole, { limit: 100, used: 24 })
    expect(() => requireDescriptors(saturation(61), whole, { limit: 100, used: 24 })).toThrow(
      '61 connections cannot be opened: this process may open 100 files and sockets, and has 60 left for connections. Raise the limit (ulimit -n 101)',
    )
  })

  it('counts the share of a process', () => {
    requireDescriptors(saturation(120), { index: 1, of: 2 }, { limit: 100, used: 24 })
    expect(() => requireDescriptors(saturation(121), { index: 0, of: 2 }, { limit: 100, used: 24 })).toThrow('61')
  })

  it('lets a rate pass, and everything where nothing is known', () => {
    requireDescriptors(arrivals(10, { maxInFlight: 1000, send }), whole, { limit: 10, used: 9 })
    requireDescriptors(saturation(100_000), whole, null)
    expect(openableConnections(null)).toBe(Infinity)
  })

  it.runIf(process.platform === 'linux')('reads what this process has', () => {
    const { limit, used } = ownDescriptors()!
    expect(used).toBeGreaterThan(3)
    expect(limit).toBeGreaterThan(used)
  })
})
