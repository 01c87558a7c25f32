import { describe, expect, it } from 'vitest'
import { readAllowed } from '../../src/allowed-scenarios.ts'
import { isAllowed } from '../../src/lib/load/workers/travelling-scenario.ts'

const source = 'abc'
/** Of that source, as sha256sum prints it. */
const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
const scenario = { name: 'a.mjs', source, sha256 }

describe('scenarios that a worker runs', () => {
  it('are none or any, or those of given hashes', () => {
    expect(isAllowed(scenario, readAllowed(['none']))).toBe(false)
    expect(isAllowed(scenario, readAllowed(['any']))).toBe(true)
    expect(isAllowed(scenario, readAllowed([`sha256:${sha256}`]))).toBe(true)
    expect(isAllowed(scenario, readAllowed([`sha256:${'0'.repeat(64)}`, `sha256:${sha256.toUpperCase()}`]))).toBe(true)
    expect(isAllowed(scenario, readAllowed([`sha256:${'0'.repeat(64)}`]))).toBe(false)
  })

  it('are none whose hash is another than was said, even where any is run', () => {
    const changed = { ...scenario, source: 'abd' }
    expect(isAllowed(changed, 'any')).toBe(false)
    expect(isAllowed(changed, new Set([sha256]))).toBe(false)
    // It says that it is one that is permitted.
    expect(
      isAllowed({ ...changed, sha256: 'cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34' }, 'any'),
    ).toBe(false)
  })

  it.each([[['some']], [['any', 'none']], [['sha256:12']], [['none', `sha256:${sha256}`]], [['']]])(
    'cannot be %j',
    (given) => {
      expect(() => readAllowed(given)).toThrow('--allow-scenarios cannot be')
    },
  )
})
