import { describe, expect, it } from 'vitest'
import { readAllowed } from '../../../src/lib/cli/flags.ts'
import { hashOf, isAllowed } from '../../../src/lib/load/distributed/travelling-scenario.ts'

const source = 'abc'
/** Of that source, as sha256sum prints it. */
const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const scenario = { name: 'a.mjs', source }

describe('scenarios that a worker runs', () => {
  it('are none or any, or those of given hashes', () => {
    expect(isAllowed(scenario, readAllowed(['none']))).toBe(false)
    expect(isAllowed(scenario, readAllowed(['any']))).toBe(true)
    expect(isAllowed(scenario, readAllowed([`sha256:${sha256}`]))).toBe(true)
    expect(isAllowed(scenario, readAllowed([`sha256:${'0'.repeat(64)}`, `sha256:${sha256.toUpperCase()}`]))).toBe(true)
    expect(isAllowed(scenario, readAllowed([`sha256:${'0'.repeat(64)}`]))).toBe(false)
  })

  it('are known by the hash of what came', () => {
    const changed = { ...scenario, source: 'abd' }
    expect(isAllowed(changed, new Set([sha256]))).toBe(false)
    expect(isAllowed(changed, new Set([hashOf('abd')]))).toBe(true)
    expect(hashOf(source)).toBe(sha256)
  })

  it.each([[['some']], [['any', 'none']], [['sha256:12']], [['none', `sha256:${sha256}`]], [['']]])(
    'cannot be %j',
    (given) => {
      expect(() => readAllowed(given)).toThrow('--allow-scenarios cannot be')
    },
  )
})
