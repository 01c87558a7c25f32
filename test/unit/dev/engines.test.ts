import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))

interface Package {
  readonly dev?: boolean
  readonly engines?: { readonly node?: string }
}

const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as {
  packages: Record<string, Package>
}

type Version = readonly [number, number, number]

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]

/** One part of a range in npm's notation, such as `>=20.1`, `^22.18`, `22.x` or `18`. */
function satisfiesOne(version: Version, part: string): boolean {
  const found = /^(>=|>|<=|<|\^|~|=)?v?(\d+|\*|x)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?$/.exec(part)
  if (!found) throw new Error(`no range that this test reads: ${part}`)
  const [, operator = '', ...texts] = found
  const given = texts.filter((text) => text !== undefined && /^\d+$/.test(text)).map(Number)
  const least: Version = [given[0] ?? 0, given[1] ?? 0, given[2] ?? 0]
  if (operator === '>=') return compare(version, least) >= 0
  if (operator === '<') return compare(version, least) < 0
  if (operator === '^') return compare(version, least) >= 0 && version[0] === least[0]
  if (operator !== '') throw new Error(`no range that this test reads: ${part}`)
  return given.every((number, place) => version[place] === number)
}

function satisfies(version: Version, range: string): boolean {
  return range
    .replaceAll(/(>=|<)\s+/g, '$1')
    .split('||')
    .some((alternative) =>
      alternative
        .trim()
        .split(/\s+/)
        .every((part) => satisfiesOne(version, part)),
    )
}

const own = packages['']!.engines!.node!
const needed = Object.entries(packages).flatMap(([name, { dev, engines }]) =>
  name === '' || dev || !engines?.node ? [] : [{ name, range: engines.node }],
)
const versions = [18, 20, 22, 23, 24, 25, 26].flatMap((major) =>
  Array.from({ length: 40 }, (_, minor): Version => [major, minor, 0]),
)
const refusing = (version: Version) => needed.filter(({ range }) => !satisfies(version, range)).map(({ name }) => name)

describe('engines in package.json', () => {
  it('allows no Node that a dependency refuses', () => {
    expect(needed.length).toBeGreaterThan(100)
    for (const version of versions.filter((one) => satisfies(one, own)))
      expect({ version, refusing: refusing(version) }).toEqual({ version, refusing: [] })
  })

  it('refuses no Node 22 that all dependencies allow', () => {
    const allowed = versions.filter((version) => version[0] === 22 && refusing(version).length === 0)
    expect(allowed.filter((version) => !satisfies(version, own))).toEqual([])
  })

  it('is what bin/run.js says', () => {
    expect(own).toBe('^22.22.0 || >=24.6.0')
    expect(readFileSync(`${root}bin/run.js`, 'utf8')).toContain('needs Node 22.22 or newer, or 24.6 or newer')
    expect(readFileSync(`${root}README.md`, 'utf8')).toContain('needs Node 22.22 or newer, or 24.6 or newer')
  })
})
