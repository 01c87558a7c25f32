import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { variableName } from '../../../src/lib/config/settings.ts'
import { modelValues, resolveConfig } from '../../../src/lib/config/resolve.ts'
import { settingNames } from '../../../src/lib/config/settings.ts'
import { RushbenchError } from '../../../src/lib/base/errors/errors.ts'

describe('resolveConfig', () => {
  let cwd: string
  beforeEach(async () => void (cwd = await mkdtemp(join(tmpdir(), 'rushbench-'))))
  afterEach(() => rm(cwd, { recursive: true }))

  const resolve = (env: Record<string, string> = {}, flags: Record<string, unknown> = {}) =>
    resolveConfig({ flags, env, cwd })
  const writeConfig = (content: unknown, name = '.rushbenchrc.json') =>
    writeFile(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content))
  const originOf = async (...args: Parameters<typeof resolve>) => (await resolve(...args)).settings.users

  it('lets flags win over the environment, that over the file, and that over the defaults', async () => {
    expect(await originOf()).toMatchObject({ shown: '100', origin: 'default' })
    await writeConfig({ users: 200 })
    expect(await originOf()).toMatchObject({ shown: '200', origin: 'file', source: join(cwd, '.rushbenchrc.json') })
    expect(await originOf({ RUSHBENCH_USERS: '300' })).toMatchObject({ shown: '300', origin: 'environment' })
    expect(await originOf({ RUSHBENCH_USERS: '300' }, { users: '400' })).toMatchObject({ shown: '400', origin: 'flag' })
    expect((await resolve({ RUSHBENCH_USERS: '300' }, { users: '400' })).values.users).toBe(400)
  })

  it('has defaults that are all valid', async () => {
    const { values } = await resolve()
    expect(values).toMatchObject({
      users: 100,
      duration: 30_000,
      opens: 480,
      closes: 1180,
      every: 1_200_000,
      at: undefined,
    })
    expect(values.db).toBe('sqlite:.rushbench/rushbench.db')
  })

  it.each(['.rushbenchrc.yaml', 'package.json', 'rushbench.config.mjs'])('reads %s', async (name) => {
    const contents: Record<string, string> = {
      '.rushbenchrc.yaml': 'users: 7\nat: [0, 1k]\n',
      'package.json': '{"name":"x","rushbench":{"users":7,"at":"0,1k"}}',
      'rushbench.config.mjs': 'export default { users: 7, at: [0, 1000] }',
    }
    await writeConfig(contents[name], name)
    expect((await resolve()).values).toMatchObject({ users: 7, at: [0, 1000] })
  })

  it.each([
    [{ user: 5 }, 'user, which is no setting'],
    [{ users: 'many' }, 'users (from'],
    [{ users: 0 }, 'a whole number from 1 to 1000000'],
    [{ duration: 60 }, 'such as 1500ms, 60s or 1m30s'],
    [{ db: 'oracle:x' }, 'sqlite:PATH'],
    [{ threshold: [1] }, 'threshold'],
    [[1], 'not an object of settings'],
    ['{"users": ', 'cannot be read'],
    [{ images: 'disk:a\0b' }, 'it holds a text with the character U+0000'],
  ])('refuses the file %j', async (content, message) => {
    await writeConfig(content)
    await expect(resolve()).rejects.toThrow(message)
    await expect(resolve()).rejects.toMatchObject({ exitCode: 2 })
  })

  it.each([
    ['a getter that throws', 'export default { get users() { throw 1 } }', 'cannot be read: 1. Mend'],
    ['a proxy', 'export default new Proxy({}, { ownKeys() { throw new Error("no keys") } })', 'no keys'],
    ['a throw of nothing', 'throw undefined', 'cannot be read'],
  ])('refuses a program with %s', async (_what, source, message) => {
    await writeConfig(source, 'rushbench.config.mjs')
    const thrown: unknown = await resolve().catch((error: unknown) => error)
    expect(thrown).toMatchObject({ code: 'config-unreadable', exitCode: 2 })
    expect((thrown as Error).message).toContain(message)
  })

  it('gives up a program that never ends', async () => {
    await writeConfig('export default new Promise(() => {})', 'rushbench.config.mjs')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const refused = resolve().catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(20_000)
      expect(await refused).toMatchObject({
        message: expect.stringContaining('it was not read within 20 s') as unknown,
      })
    } finally {
      vi.useRealTimers()
    }
  })

  it('refuses a package.json that is broken, in the working directory as well', async () => {
    await writeConfig('{', 'package.json')
    await expect(resolve()).rejects.toMatchObject({ code: 'config-unreadable' })
    const before = process.cwd()
    process.chdir(cwd)
    try {
      await expect(resolve()).rejects.toMatchObject({ code: 'config-unreadable' })
    } finally {
      process.chdir(before)
    }
  })

  it('refuses variables that are no settings, and leaves those of others alone', async () => {
    await expect(resolve({ RUSHBENCH_USRES: '5' })).rejects.toThrow('RUSHBENCH_USRES')
    await resolve({ RUSHBENCH_REQUIRE_SERVICES: '1', RUSHBENCH_TEST_MYSQL_URL: 'x', PATH: '/bin' })
  })

  it('makes the load model of the setting that has the strongest source', async () => {
    const strongest = async (...args: Parameters<typeof resolve>) => {
      const { arrivalRate, stages } = modelValues(await resolve(...args))
      return arrivalRate !== undefined ? 'arrivalRate' : stages ? 'stages' : 'users'
    }
    expect(await strongest()).toBe('users')
    await writeConfig({ stages: ['1m:20'] })
    expect(await strongest()).toBe('stages')
    expect(await strongest({ RUSHBENCH_ARRIVAL_RATE: '5/s' })).toBe('arrivalRate')
    expect(await strongest({ RUSHBENCH_ARRIVAL_RATE: '5/s' }, { users: '4' })).toBe('users')
    await writeConfig({ users: 3, stages: ['1m:20'] })
    expect(await strongest(), 'the last of two as strong').toBe('stages')
  })

  it('shows no password, neither as a setting nor in an error', async () => {
    const { settings } = await resolve({
      RUSHBENCH_DB: 'mysql://root:secret@h/db',
      RUSHBENCH_CACHE: 'redis://:secret@h',
    })
    expect(JSON.stringify(settings)).not.toContain('secret')
    await expect(resolve({ RUSHBENCH_DB: 'mysqll://root:secret@h/db' })).rejects.not.toThrow('secret')
    await expect(resolve({ RUSHBENCH_DB: 'mysqll://root:secret@h/db' })).rejects.toThrow('mysqll://root:***@h/db')
  })

  it('throws nothing but its own error, whatever the environment holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...settingNames), fc.string(), async (name, value) => {
        await resolve({ [variableName(name)]: value }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(RushbenchError)
        })
      }),
    )
  })
})
