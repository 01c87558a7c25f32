import { describe, expect, expectTypeOf, it } from 'vitest'
import { resolveConfig } from '../../../src/lib/config/resolve.ts'
import { definitionOf, settingNames, type Settings } from '../../../src/lib/config/settings.ts'

const { values } = await resolveConfig({ flags: {}, env: {}, cwd: '/' })

describe('settings', () => {
  it('have a type that says what may be unset', () => {
    expectTypeOf<Settings['rampUp']>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Settings['users']>().toEqualTypeOf<number>()
    expectTypeOf<Settings['cache']>().toEqualTypeOf<string>()
  })

  it('are unset where they have no default', () => {
    const unset = settingNames.filter((name) => values[name] === undefined)
    expect(unset).toEqual(settingNames.filter((name) => definitionOf(name).default === undefined))
    expect(unset).toContain('rampUp')
  })
})
